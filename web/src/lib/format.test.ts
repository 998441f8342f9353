import { expect, test } from "vitest";
import { formatCount, formatGrowth, formatMoney, formatPoints, formatRatio } from "@/lib/format";

/** Intl sets apart by blanks of its own. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

test.each([
  ["12000", "XOF", "fr-FR", "12 000 F CFA"],
  ["14872.35", "XOF", "fr-FR", "14 872,35 F CFA"], // an average: nothing is rounded away
  ["14872.00", "XOF", "fr-FR", "14 872 F CFA"],
  ["1234.5", "EUR", "fr-FR", "1 234,50 €"],
  ["12.345", "KWD", "en-GB", "KWD 12.345"],
  ["12.3", "KWD", "en-GB", "KWD 12.300"],
  ["1000000.5", "NGN", "en-GB", "₦1,000,000.50"],
  ["12345678901234567890.12", "EUR", "en-GB", "€12,345,678,901,234,567,890.12"], // far beyond 2^53
  ["-0.01", "EUR", "en-GB", "-€0.01"],
])("%s %s in %s", (value, currency, locale, text) => {
  expect(plain(formatMoney(value, currency, locale))).toBe(text);
});

test("counts, shares and growth", () => {
  expect(formatCount("9007199254740993", "en-GB")).toBe("9,007,199,254,740,993");
  expect(formatRatio("0.9240", "en-GB")).toBe("92.40%");
  expect(plain(formatRatio("1", "fr-FR"))).toBe("100,00 %");
  expect(formatRatio(null, "en-GB")).toBe("–");
  expect(plain(formatGrowth("5.2", "en-GB"))).toBe("+5.2 %");
  expect(plain(formatGrowth("-0.5", "fr-FR"))).toBe("-0,5 %");
  expect(plain(formatGrowth("0.0", "en-GB"))).toBe("0 %");
  expect(formatPoints("0.0125", "en-GB")).toBe("+1.25");
});
