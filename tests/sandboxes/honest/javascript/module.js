// in: 7
// out: 14
import { readFileSync } from "fs";

console.log(2 * Number(readFileSync(0, "utf8")));
