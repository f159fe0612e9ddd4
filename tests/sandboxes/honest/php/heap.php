<?php
// in: 5 1 4
// out: 1 4 5
$heap = new SplMinHeap();
foreach (explode(' ', trim(fgets(STDIN))) as $x) $heap->insert((int) $x);
echo implode(' ', iterator_to_array($heap, false)), "\n";
