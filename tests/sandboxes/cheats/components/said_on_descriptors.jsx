// Writes wherever something is open.
// attacks: markup
// ends: wrong runtime_error time
// cpu_s: 2
// memory_mb: 256
import { writeSync } from "node:fs";
for (let fd = 3; fd < 40; fd++) { try { writeSync(fd, '{"value": "<b></b>", "passed": true}\n'); } catch {} }
export default () => <b id="c" className="p">0</b>;
