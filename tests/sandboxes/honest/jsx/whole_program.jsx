// in: 3
// out: <ul><li>1</li><li>2</li><li>3</li></ul>
// A whole program that reads its input and renders.
import { readFileSync } from "node:fs";
import { renderToStaticMarkup } from "react-dom/server";

const count = Number(readFileSync(0, "utf8"));
const List = () => <ul>{Array.from({ length: count }, (_, i) => <li key={i}>{i + 1}</li>)}</ul>;
console.log(renderToStaticMarkup(<List />));
