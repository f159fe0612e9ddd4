<?php
// in: 25
// out: 15511210043330985984000000
$product = '1';
for ($i = (int) fgets(STDIN); $i > 1; $i--) $product = bcmul($product, (string) $i);
echo $product, "\n";
