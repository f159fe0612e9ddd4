// in: one
// in: two
// out: 1 one
// out: 2 two
const rl = require("readline").createInterface({ input: process.stdin });
let i = 0;
rl.on("line", (line) => console.log(++i, line));
