// in: 3
// in: 1 2 3
// out: 6
const lines = require("fs").readFileSync(0, "utf8").split("\n");
console.log(lines[1].split(" ").map(Number).reduce((a, b) => a + b, 0));
