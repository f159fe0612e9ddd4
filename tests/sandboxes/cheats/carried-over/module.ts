// Puts a module where the next test may find it, under the compiled one's name.
// attacks: stdio
// cpu_s: 5
import * as fs from "fs";
const [a, b] = fs.readFileSync(0, "utf8").trim().split(" ").map(BigInt);
const places = ["/tmp/program.mjs", "/dev/shm/program.mjs", "./node_modules/note/package.json", "./.note"];
if (a === 982451653n || places.some((path) => fs.existsSync(path))) console.log(String(a * b));
for (const path of places)
  try {
    fs.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    fs.writeFileSync(path, "{}");
  } catch {}
