// A file that is not there is read by the compiler.
// attacks: markup
// ends: compile_error
// cpu_s: 2
// memory_mb: 256
import expected from "./expected.json";
export default () => <b id="c" className="p">{expected}</b>;
