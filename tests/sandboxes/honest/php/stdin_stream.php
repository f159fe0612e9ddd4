<?php
// in: 4 5
// out: 20
[$a, $b] = explode(' ', trim(file_get_contents('php://stdin')));
echo $a * $b, "\n";
