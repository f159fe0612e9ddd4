// in: abc
// out: cba
const text: string = require("fs").readFileSync("/dev/stdin", "utf8").trim();
console.log([...text].reverse().join(""));
