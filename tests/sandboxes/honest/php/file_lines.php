<?php
// in: b
// in: a
// out: a,b
$lines = file('php://stdin', FILE_IGNORE_NEW_LINES);
sort($lines);
echo implode(',', $lines), PHP_EOL;
