// Every object says that it is what is asked for.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
Object.defineProperty(Object.prototype, "expected", { get: () => true });
Object.prototype.toString = () => '<b class="p" id="c">1</b>';
export default (props) => <b id="c" className="p">{String(props)}</b>;
