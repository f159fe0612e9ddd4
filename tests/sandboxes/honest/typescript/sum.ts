// in: 3
// in: 1 2 3
// out: 6
import * as fs from "fs";

const lines: string[] = fs.readFileSync(0, "utf8").split("\n");
const total: number = lines[1].split(" ").map(Number).reduce((a: number, b: number): number => a + b, 0);
console.log(total);
