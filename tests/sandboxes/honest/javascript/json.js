// in: {"a": [1, 2, {"b": null}]}
// out: {"a":[1,2,{"b":null}],"n":1}
const value = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify({ ...value, n: 1 }));
