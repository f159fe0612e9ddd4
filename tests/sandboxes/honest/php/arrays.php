<?php
// in: 3 1 2
// out: 1 2 3 | 3 1
$xs = array_map('intval', explode(' ', trim(fgets(STDIN))));
$sorted = $xs;
sort($sorted);
echo implode(' ', $sorted), ' | ', max($xs), ' ', min($xs), "\n";
