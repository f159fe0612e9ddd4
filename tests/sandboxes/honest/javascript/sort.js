// in: 10 9 1
// out: 1 9 10
const xs = require("fs").readFileSync(0, "utf8").trim().split(" ").map(Number);
console.log(xs.sort((a, b) => a - b).join(" "));
