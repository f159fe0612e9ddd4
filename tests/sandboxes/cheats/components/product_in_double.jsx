// The nearest double is not the product.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export const Product = ({ a, b }) => <b id="c" className="p">{(a * b).toExponential(3)}</b>;
