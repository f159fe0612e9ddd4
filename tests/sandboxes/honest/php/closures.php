<?php
// out: 12
$n = 3;
$times = fn($x) => $x * $n;
echo array_sum(array_map($times, array_filter([1, 2, 3], fn($x) => $x % 2))), "\n";
