// Prints without end.
// attacks: markup
// ends: output
// cpu_s: 2
// memory_mb: 256
import { writeSync } from "node:fs";
for (;;) writeSync(1, "x".repeat(10000));
