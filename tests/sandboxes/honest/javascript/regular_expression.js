// in: 2024-05-17
// out: 17.05.2024
console.log(require("fs").readFileSync(0, "utf8").trim().replace(/(\d+)-(\d+)-(\d+)/, "$3.$2.$1"));
