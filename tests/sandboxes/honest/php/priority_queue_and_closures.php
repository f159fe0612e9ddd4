<?php
// in: 4 4
// in: 1 2 1
// in: 2 3 2
// in: 1 3 5
// in: 3 4 1
// out: 0 1 3 4
declare(strict_types=1);

[$n, $m] = array_map(intval(...), explode(' ', trim(fgets(STDIN))));
$graph = array_fill(1, $n, []);
for ($i = 0; $i < $m; $i++) {
    [$u, $v, $w] = array_map('intval', explode(' ', trim(fgets(STDIN))));
    $graph[$u][] = [$v, $w];
    $graph[$v][] = [$u, $w];
}
$dist = array_fill(1, $n, PHP_INT_MAX);
$dist[1] = 0;
$queue = new SplPriorityQueue();
$queue->setExtractFlags(SplPriorityQueue::EXTR_BOTH);
$queue->insert(1, 0);
while (!$queue->isEmpty()) {
    ['data' => $u, 'priority' => $p] = $queue->extract();
    if (-$p > $dist[$u]) {
        continue;
    }
    foreach ($graph[$u] as [$v, $w]) {
        if ($dist[$u] + $w < $dist[$v]) {
            $dist[$v] = $dist[$u] + $w;
            $queue->insert($v, -$dist[$v]);
        }
    }
}
echo implode(' ', $dist), PHP_EOL;
