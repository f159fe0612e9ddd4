<?php
// in: one
// in: two
// out: 1 one
// out: 2 two
$i = 0;
while (($line = fgets(STDIN)) !== false) echo ++$i, ' ', rtrim($line), "\n";
