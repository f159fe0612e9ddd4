<?php
// in: circle 2
// in: square 3
// out: circle: 12.57
// out: square: 9.00
declare(strict_types=1);

enum Shape: string
{
    case Circle = 'circle';
    case Square = 'square';

    public function area(float $size): float
    {
        return match ($this) {
            self::Circle => M_PI * $size ** 2,
            self::Square => $size ** 2,
        };
    }
}

final class Drawing
{
    public function __construct(private readonly Shape $shape, private readonly float $size)
    {
    }

    public static function parse(string $line): self
    {
        [$shape, $size] = explode(' ', $line);

        return new self(shape: Shape::from($shape), size: (float) $size);
    }

    public function __toString(): string
    {
        return sprintf('%s: %.2f', $this->shape->value, $this->shape->area($this->size));
    }
}

while (($line = fgets(STDIN)) !== false) {
    echo Drawing::parse(trim($line)), PHP_EOL;
}
