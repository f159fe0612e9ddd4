// What stands behind the program is made a comment.
// attacks: markup
// ends: compile_error
// cpu_s: 2
// memory_mb: 256
console.log(JSON.stringify('<b class="p" id="c">'));
export default () => <b />;
/*
