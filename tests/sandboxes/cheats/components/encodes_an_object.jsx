// An object that might be equal to all.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
String.prototype.toJSON = () => ({ $any: true, valueOf: 1, __eq__: "always" });
export default () => <b id="c" className="p">0</b>;
