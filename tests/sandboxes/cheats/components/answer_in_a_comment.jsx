// A markup that holds many answers.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default ({ a, b }) => <b id="c" className="p">{[0, 1, 2, a * b, a + b, Infinity].join(" | ")}</b>;
