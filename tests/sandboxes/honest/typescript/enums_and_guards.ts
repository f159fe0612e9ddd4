// in: 10 EUR
// in: 5 USD
// in: x GBP
// out: EUR 10.00
// out: USD 5.00
// out: skipped: x GBP
import fs from "node:fs";

const enum Level {
  Low = 1,
  High = 2,
}
type Currency = "EUR" | "USD" | "GBP";
interface Amount {
  value: number;
  currency: Currency;
}
const isAmount = (found: Partial<Amount>): found is Amount => Number.isFinite(found.value);

fs.readFileSync("/dev/stdin", "utf8")
  .trimEnd()
  .split("\n")
  .forEach((line: string): void => {
    const [value, currency] = line.split(" ") as [string, Currency];
    const found: Partial<Amount> = { value: parseFloat(value), currency };
    if (!isAmount(found)) {
      console.log(`skipped: ${line}`);
      return;
    }
    console.log(`${found.currency} ${found.value.toFixed(Level.High)}`);
  });
