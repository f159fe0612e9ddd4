// in: 30
// out: 265252859812191058636308480000000
let n = BigInt(require("fs").readFileSync(0, "utf8").trim()), product = 1n;
for (; n > 0n; n--) product *= n;
console.log(product.toString());
