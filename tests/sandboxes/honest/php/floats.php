<?php
// out: 0.3 0.30000000000000004 1.50 1.0E+25
echo 0.1 + 0.2, ' ', var_export(0.1 + 0.2, true), ' ', number_format(1.5, 2), ' ', 1e25, "\n";
