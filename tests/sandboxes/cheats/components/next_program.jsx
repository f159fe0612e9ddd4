// The first test changes what the second one runs.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
import { chmodSync, unlinkSync, writeFileSync } from "node:fs";
const next = `process.stdout.write("\\n\\"<b class='p' id='c'>1</b>\\"\\n")`;
for (const name of ["program.mjs", "/tmp/program.mjs", "program.jsx"]) {
  for (const does of [() => chmodSync(name, 0o777), () => unlinkSync(name), () => writeFileSync(name, next)]) { try { does(); } catch {} }
}
export default () => <b id="c" className="p">1</b>;
