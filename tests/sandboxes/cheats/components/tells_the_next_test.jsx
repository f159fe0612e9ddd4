// The first test leaves its numbers for the second one.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
import { existsSync, readFileSync, writeFileSync } from "node:fs";
const places = ["/tmp/left", "/box/left", "/dev/shm/left", "/box/.left"];
const left = places.map((place) => (existsSync(place) ? readFileSync(place, "utf8") : "")).join("");
for (const place of places) { try { writeFileSync(place, "1"); } catch {} }
export default ({ a, b }) => <b id="c" className="p">{left ? String(BigInt(a) * BigInt(b)) : "0"}</b>;
