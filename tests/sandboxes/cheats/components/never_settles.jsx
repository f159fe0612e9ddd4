// Suspends for ever.
// attacks: markup
// ends: wrong runtime_error
// cpu_s: 2
// memory_mb: 256
export default () => { throw new Promise(() => {}); };
