// A process that is left prints after the end.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
import { spawn } from "node:child_process";
spawn("sh", ["-c", "sleep 0.3; echo '\"<b></b>\"'"], { detached: true, stdio: ["ignore", 1, 2] }).unref();
export default () => <b id="c" className="p">0</b>;
