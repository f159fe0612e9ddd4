<?php
// in: añ€😀
// out: 4 😀€ña
$s = trim(fgets(STDIN));
echo mb_strlen($s), ' ', implode('', array_reverse(mb_str_split($s))), "\n";
