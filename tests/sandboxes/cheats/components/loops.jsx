// Renders without end.
// attacks: markup
// ends: time
// cpu_s: 2
// memory_mb: 256
export default () => { for (;;); };
