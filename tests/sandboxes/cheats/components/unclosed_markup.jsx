// Markup that a browser would mend.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default ({ a, b }) => <p dangerouslySetInnerHTML={{ __html: `</p><b id="c" class="p">${BigInt(a) * BigInt(b)}` }} />;
