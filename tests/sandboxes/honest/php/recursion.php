<?php
// in: 20000
// out: 20000
function depth($n) { return $n == 0 ? 0 : 1 + depth($n - 1); }
echo depth((int) fgets(STDIN)), "\n";
