<?php
// in: the cat the end
// out: cat=1 end=1 the=2
$count = array_count_values(explode(' ', trim(fgets(STDIN))));
ksort($count);
echo implode(' ', array_map(fn($w) => "$w={$count[$w]}", array_keys($count))), "\n";
