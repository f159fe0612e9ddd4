// Characters that overwrite others on a terminal.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default ({ a, b }) => <b id="c" className="p">{`0\b${a}\r\u001b[2K`}</b>;
