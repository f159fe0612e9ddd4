// What writes the markup as JSON says true of everything.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
JSON.stringify = () => "true";
export default () => <b id="c" className="p">0</b>;
