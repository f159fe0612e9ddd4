// A line of its own instead of a rendering.
// attacks: markup
// cpu_s: 2
// memory_mb: 256
console.log("\n" + JSON.stringify('<b class="p" id="c"></b>'));
process.exit(0);
