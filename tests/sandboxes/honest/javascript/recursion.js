// in: 5000
// out: 5000
const depth = (n) => (n === 0 ? 0 : 1 + depth(n - 1));
console.log(depth(Number(require("fs").readFileSync(0))));
