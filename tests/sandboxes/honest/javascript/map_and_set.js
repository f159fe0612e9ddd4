// in: a b a
// out: a=2 b=1 2
const words = require("fs").readFileSync(0, "utf8").trim().split(/\s+/);
const count = new Map();
for (const w of words) count.set(w, (count.get(w) ?? 0) + 1);
console.log([...count].map(([w, n]) => `${w}=${n}`).join(" "), new Set(words).size);
