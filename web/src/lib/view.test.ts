import { expect, test } from "vitest";
import { readView, writeView } from "@/lib/view";

const context = { today: "2026-11-23", currencies: ["XOF", "EUR"] };
const read = (query: string) => readView(new URLSearchParams(query), context);
const again = (query: string) => writeView(read(query), context).toString();

test("without anything it is the usual view", () => {
  expect(read("")).toEqual({
    range: "30d", period: { start: "2026-10-25", end: "2026-11-23" }, isCompared: false, currency: "XOF", granularity: "daily",
  });
  expect(again("")).toBe("");
});

test.each([
  "range=7d&compare=1&currency=EUR&granularity=hourly",
  "range=custom&from=2026-01-01&to=2026-03-31",
  "range=custom&from=2026-11-20&to=2026-11-20&granularity=daily",
  "range=today",
  "range=last-month&compare=1",
])("%s is read and written back", (query) => {
  expect(again(query)).toBe(query);
});

test.each([
  ["range=century&currency=USD&granularity=weekly&compare=yes&more=1", ""],
  ["range=custom&from=2026-03-31&to=2026-01-01", ""],
  ["range=custom&from=2026-02-30&to=2026-03-01", ""],
  ["range=custom&to=2026-03-01", ""],
  ["range=90d&granularity=hourly", "range=90d"],
  ["range=custom&from=1999-01-01&to=2026-01-01", "range=custom&from=2024-01-02&to=2026-01-01"],
])("%s falls back", (query, fallback) => {
  expect(again(query)).toBe(fallback);
});

test("a single day is shown by the hour unless asked otherwise", () => {
  expect(read("range=yesterday").granularity).toBe("hourly");
  expect(read("range=yesterday&granularity=daily").granularity).toBe("daily");
});
