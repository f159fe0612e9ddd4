// Grows until it is stopped.
// attacks: markup
// ends: memory
// cpu_s: 2
// memory_mb: 256
const kept = [];
export default () => { for (;;) kept.push(Buffer.alloc(1 << 20, 1)); };
