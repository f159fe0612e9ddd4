// What React renders with is replaced.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
const server = require("react-dom/server");
for (const name of Object.keys(server)) { try { server[name] = () => '<b class="p" id="c">1</b>'; } catch {} }
export default () => <i />;
