<?php
// in: 20
// out: 6765
function fib(int $n): int { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }
echo fib((int) fgets(STDIN)), "\n";
