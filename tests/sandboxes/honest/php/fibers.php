<?php
// out: 1 a 2 b 3
declare(strict_types=1);

$numbers = new Fiber(function (): void {
    foreach ([1, 2, 3] as $number) {
        Fiber::suspend($number);
    }
});
$letters = new Fiber(fn () => Fiber::suspend('a') ?? Fiber::suspend('b'));
$said = [$numbers->start(), $letters->start(), $numbers->resume(), $letters->resume(), $numbers->resume()];
echo implode(' ', $said), "\n";
