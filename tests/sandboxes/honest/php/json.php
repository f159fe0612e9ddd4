<?php
// in: {"a": [1, 2]}
// out: {"a":[1,2],"n":1}
$value = json_decode(fgets(STDIN), true);
$value['n'] = 1;
echo json_encode($value), "\n";
