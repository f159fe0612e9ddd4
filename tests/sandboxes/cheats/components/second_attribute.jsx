// An attribute that is given twice.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
const html = '<b id="c" class="p" class="q">';
export default ({ a, b }) => <b id="c" className="p" data-c={String(BigInt(a) * BigInt(b))} dangerouslySetInnerHTML={{ __html: html }} />;
