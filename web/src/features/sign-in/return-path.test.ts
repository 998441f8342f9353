import { expect, test } from "vitest";
import { returnPath } from "@/features/sign-in/return-path";

test.each([
  ["/transactions?status=failed", "/transactions?status=failed"],
  ["/keys", "/keys"],
  [null, "/"],
  ["", "/"],
  ["https://evil.example/", "/"],
  ["//evil.example/", "/"],
  ["/\\evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["/signin?return=/signin", "/"],
])("%s leads to %s", (given, path) => {
  expect(returnPath(given)).toBe(path);
});
