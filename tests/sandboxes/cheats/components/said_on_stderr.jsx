// The markup on the wrong stream.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default ({ a, b }) => { console.error(String(BigInt(a) * BigInt(b))); return <b id="c" className="p" />; };
