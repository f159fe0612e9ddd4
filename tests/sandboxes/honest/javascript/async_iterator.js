// in: 1
// in: 2
// out: 3
(async () => {
  let total = 0;
  for await (const line of require("readline").createInterface({ input: process.stdin })) total += Number(line);
  console.log(total);
})();
