// Text that would match as a regular expression.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default () => <b id="c" className="p">{".*"}</b>;
