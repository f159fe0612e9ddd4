<?php
// out: 1267650600228229401496703205376
echo gmp_strval(gmp_pow(2, 100)), "\n";
