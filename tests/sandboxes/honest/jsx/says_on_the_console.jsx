// call: Loud
// kwargs: {"n": 2}
// returns: "<i>2</i>"
console.log("starting");
setInterval(() => console.log("tick"), 1000);

export function Loud({ n }) {
  console.log(JSON.stringify("<i>1</i>"));
  console.error("rendered", n);
  return <i>{n}</i>;
}
