<?php
// in: Hello
// out: 5 olleH HELLO ell
$s = trim(fgets(STDIN));
echo strlen($s), ' ', strrev($s), ' ', strtoupper($s), ' ', substr($s, 1, 3), "\n";
