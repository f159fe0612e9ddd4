// in: 3
// in: 1
// out: 4
const lines = [];
require("readline").createInterface({ input: process.stdin }).on("line", (l) => lines.push(+l)).on("close", () => {
  console.log(lines[0] + lines[1]);
});
