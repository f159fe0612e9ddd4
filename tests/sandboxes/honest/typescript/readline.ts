// in: 1
// in: 2
// out: 3
import { createInterface } from "readline";

let total = 0;
for await (const line of createInterface({ input: process.stdin })) total += Number(line);
console.log(total);
