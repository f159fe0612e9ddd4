// out: circle 12.57
// out: square 9.00
interface Circle { kind: "circle"; radius: number }
interface Square { kind: "square"; side: number }
type Shape = Circle | Square;

function area(shape: Shape): number {
  return shape.kind === "circle" ? Math.PI * shape.radius ** 2 : shape.side ** 2;
}

const shapes: Shape[] = [{ kind: "circle", radius: 2 }, { kind: "square", side: 3 }];
for (const shape of shapes) console.log(shape.kind, area(shape).toFixed(2));
