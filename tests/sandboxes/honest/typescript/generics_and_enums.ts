// out: 3 Blue
enum Colour { Red, Green, Blue }
function last<T>(xs: readonly T[]): T { return xs[xs.length - 1]!; }
console.log(last<number>([1, 2, 3]), Colour[Colour.Blue]);
