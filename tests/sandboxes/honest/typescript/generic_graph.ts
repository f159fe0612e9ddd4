// in: 4 3
// in: a b
// in: b c
// in: a d
// out: a d b c
import { readFileSync } from "fs";

interface Graph<K> {
  readonly edges: ReadonlyMap<K, readonly K[]>;
}

abstract class Search<K> {
  constructor(protected readonly graph: Graph<K>) {}
  protected abstract take(open: K[]): K | undefined;
  *from(start: K): Generator<K, void, undefined> {
    const seen = new Set<K>();
    const open: K[] = [start];
    for (let next = this.take(open); next !== undefined; next = this.take(open)) {
      if (seen.has(next)) continue;
      seen.add(next);
      yield next;
      open.push(...(this.graph.edges.get(next) ?? []));
    }
  }
}

class DepthFirst<K> extends Search<K> {
  protected override take(open: K[]): K | undefined {
    return open.pop();
  }
}

const [, ...lines] = readFileSync(0, "utf-8").trim().split("\n");
const edges = new Map<string, string[]>();
for (const [from, to] of lines.map((line) => line.split(" ") as [string, string])) {
  edges.set(from, [...(edges.get(from) ?? []), to!]);
}
console.log([...new DepthFirst<string>({ edges }).from("a")].join(" "));
