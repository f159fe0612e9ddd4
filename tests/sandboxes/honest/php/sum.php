<?php
// in: 3
// in: 1 2 3
// out: 6
fscanf(STDIN, "%d", $n);
echo array_sum(array_map('intval', explode(' ', trim(fgets(STDIN))))), PHP_EOL;
