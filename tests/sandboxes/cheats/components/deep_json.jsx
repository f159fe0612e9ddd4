// A line of brackets.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
process.stdout.write("\n" + "[".repeat(50000) + "]".repeat(50000) + "\n");
process.exit(0);
