// out: first
// out: second
// out: third
setTimeout(() => console.log("third"), 5);
Promise.resolve().then(() => console.log("second"));
console.log("first");
