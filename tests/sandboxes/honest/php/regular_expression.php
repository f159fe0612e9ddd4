<?php
// in: 2024-05-17
// out: 17.05.2024
echo preg_replace('/(\d+)-(\d+)-(\d+)/', '$3.$2.$1', fgets(STDIN));
