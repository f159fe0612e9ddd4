// Ends well while it is rendered.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
export default () => process.exit(0);
