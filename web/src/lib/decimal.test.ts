import { expect, test } from "vitest";
import { growth, ratio, sign, subtract } from "@/lib/decimal";

test("differences are exact beyond what floats hold", () => {
  expect(subtract("9007199254740993.01", "9007199254740992")).toBe("1.01");
  expect(subtract("0.3", "0.1")).toBe("0.2");
  expect(subtract("1", "1.000")).toBe("0.000");
  expect(subtract("-0.05", "0.1")).toBe("-0.15");
});

test("growth is in percent with a decimal, rounded half away from zero", () => {
  expect(growth("1052", "1000")).toBe("5.2");
  expect(growth("10005", "10000")).toBe("0.1");
  expect(growth("9995", "10000")).toBe("-0.1");
  expect(growth("0", "3")).toBe("-100.0");
  expect(growth("-50", "-100")).toBe("50.0");
  expect(growth("5", "0.00")).toBeNull();
});

test("ratios have four decimals", () => {
  expect(ratio("2", "3")).toBe("0.6667");
  expect(ratio("1", "0")).toBeNull();
});

test("signs", () => {
  expect([sign("-0.1"), sign("0.00"), sign("3")]).toEqual([-1, 0, 1]);
  expect(() => sign("1e5")).toThrow(RangeError);
});
