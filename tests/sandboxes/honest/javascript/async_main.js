// in: 3
// in: 5 7 9
// out: {"n":3,"sum":21,"max":9}
"use strict";
const fs = require("node:fs/promises");
const { setTimeout: sleep } = require("node:timers/promises");

async function main() {
  const [first, ...rest] = (await fs.readFile("/dev/stdin", "utf8")).trim().split("\n");
  const n = Number.parseInt(first, 10);
  const values = rest.join(" ").split(/\s+/).map(Number).slice(0, n);
  await Promise.all(values.map((ms) => sleep(ms)));
  const result = { n, sum: values.reduce((a, b) => a + b, 0), max: Math.max(...values) };
  console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
