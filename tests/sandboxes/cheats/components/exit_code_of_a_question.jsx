// The status by which a stylesheet is not asked.
// attacks: markup
// ends: runtime_error
// cpu_s: 2
// memory_mb: 256
console.error("cannot be asked: nothing");
process.exit(3);
