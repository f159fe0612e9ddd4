// in: abc
// out: cba
let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => console.log([...text.trim()].reverse().join("")));
