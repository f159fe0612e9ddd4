// out: 25 primes
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";

const count = ([low, high]) => {
  let found = 0;
  for (let n = Math.max(2, low); n < high; n++) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
    found += prime;
  }
  return found;
};

if (isMainThread) {
  const run = (range) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: range });
      worker.once("message", resolve).once("error", reject);
    });
  const counts = await Promise.all([[0, 50], [50, 100]].map(run));
  console.log(`${counts.reduce((a, b) => a + b)} primes`);
} else {
  parentPort.postMessage(count(workerData));
}
