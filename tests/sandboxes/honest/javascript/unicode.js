// in: añ€😀
// out: 4 5 😀€ña
const s = require("fs").readFileSync(0, "utf8").trim();
console.log([...s].length, s.length, [...s].reverse().join(""));
