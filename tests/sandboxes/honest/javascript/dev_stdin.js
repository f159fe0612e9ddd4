// in: 5
// out: 25
const n = parseInt(require("fs").readFileSync("/dev/stdin").toString());
console.log(n * n);
