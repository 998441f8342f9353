import { expect, test } from "vitest";
import { quoteNumbers } from "@/lib/exact-json";

const read = (json: string): unknown => JSON.parse(quoteNumbers(json));

test("no digit of a number is lost", () => {
  expect(read('{"a": 9007199254740993, "b": [0.1, 12345678901234567890.1234, -5, 0, 1e3, 1000.00]}')).toEqual({
    a: "9007199254740993", b: ["0.1", "12345678901234567890.1234", "-5", "0", "1e3", "1000.00"],
  });
});

test("digits in texts stay texts, whatever is around them", () => {
  const texts = ["12", 'say "3"', "\\", "\\\"7", "a:1,b", "-1", "2026-11-23", "\u20281"];
  expect(read(JSON.stringify({ "1": texts, nothing: null, yes: true }))).toEqual({ "1": texts, nothing: null, yes: true });
});
