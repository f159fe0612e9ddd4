// out: [ 0, 1, 1, 2, 3, 5 ]
function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } }
const xs = [];
for (const x of fib()) { if (xs.length === 6) break; xs.push(x); }
console.log(xs);
