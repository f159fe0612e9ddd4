// in: push 3
// in: push 4
// in: add
// in: print
// out: 7
import * as readline from "node:readline";

type Command =
  | { readonly kind: "push"; readonly value: number }
  | { readonly kind: "add" }
  | { readonly kind: "print" };

class Stack<T> {
  private readonly items: T[] = [];
  push(item: T): void {
    this.items.push(item);
  }
  pop(): T {
    const item = this.items.pop();
    if (item === undefined) throw new RangeError("empty");
    return item;
  }
}

function parse(line: string): Command {
  const [kind, value] = line.trim().split(/\s+/);
  switch (kind) {
    case "push":
      return { kind, value: Number(value) };
    case "add":
    case "print":
      return { kind };
    default:
      throw new Error(`unknown command: ${kind satisfies string}`);
  }
}

async function main(): Promise<void> {
  const stack = new Stack<number>();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = parse(line);
    if (command.kind === "push") stack.push(command.value);
    else if (command.kind === "add") stack.push(stack.pop() + stack.pop());
    else console.log(stack.pop());
  }
}

void main();
