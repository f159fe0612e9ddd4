// Looks for the expected markup wherever it may read.
// attacks: markup
// ends: wrong memory time runtime_error
// cpu_s: 2
// memory_mb: 256
import { readdirSync, readFileSync } from "node:fs";
let found = "";
for (const place of ["/proc/self", "/proc/1", `/proc/${process.ppid}`, "/box", "/tmp", "/"]) {
  for (const name of ["environ", "cmdline", "maps", ...(() => { try { return readdirSync(place); } catch { return []; } })()]) {
    try { found += readFileSync(`${place}/${name}`, "latin1").match(/class="p">(\d{9,})</)?.[1] ?? ""; } catch {}
  }
  if (found) break;
}
export default () => <b id="c" className="p">{found}</b>;
