// out: set
console.log("set");
process.exitCode = 0;
