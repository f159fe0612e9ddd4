<?php
// out: 0 1 1 2 3 5
function fib() { [$a, $b] = [0, 1]; while (true) { yield $a; [$a, $b] = [$b, $a + $b]; } }
$xs = [];
foreach (fib() as $x) { if (count($xs) == 6) break; $xs[] = $x; }
echo implode(' ', $xs), "\n";
