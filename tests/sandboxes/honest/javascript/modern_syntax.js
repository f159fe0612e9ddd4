// in: [{"user": {"name": "Ann"}, "tags": ["x", "y"]}, {"user": null}]
// out: Ann:x,y anonymous:none
// out: 3 [ 1, [ 2 ] ] 1_000_000
const rows = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const name = ({ user, tags }) => `${user?.name ?? "anonymous"}:${tags?.join(",") ?? "none"}`;
console.log(rows.map(name).join(" "));
const copy = structuredClone([1, [2]]);
let count = null;
count ??= [1, 2, 3].at(-1);
console.log(count, copy, String(1e6).replaceAll(/\B(?=(\d{3})+$)/g, "_"));
