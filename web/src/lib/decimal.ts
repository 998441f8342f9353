// Exact arithmetic on the texts of numbers. Only positions of pixels may be floats (`toPixels`).
import type { Numeric } from "@/lib/api-types";

interface Scaled {
  digits: bigint;
  scale: number;
}

function parse(text: Numeric): Scaled {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new RangeError(`not a decimal: ${text}`);
  const [, whole = "0", fraction = ""] = match;
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

function aligned(left: Numeric, right: Numeric): [bigint, bigint, number] {
  const [a, b] = [parse(left), parse(right)];
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale), scale];
}

function write(digits: bigint, scale: number): Numeric {
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** `dividend / divisor`, rounded half away from zero. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n;
  const [a, b] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor];
  const quotient = (2n * a + b) / (2n * b);
  return isNegative ? -quotient : quotient;
}

/** `left - right`. */
export function subtract(left: Numeric, right: Numeric): Numeric {
  const [a, b, scale] = aligned(left, right);
  return write(a - b, scale);
}

/** -1, 0 or 1. */
export function sign(value: Numeric): -1 | 0 | 1 {
  const { digits } = parse(value);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

/** How much `current` is more than `previous`, in percent with one decimal; null when there is nothing to compare with. */
export function growth(current: Numeric, previous: Numeric): Numeric | null {
  const [now, before] = aligned(current, previous);
  if (before === 0n) return null;
  return write(divide((now - before) * 1000n, before < 0n ? -before : before), 1);
}

/** `part / whole` with four decimals, as the API's own ratios; null when the whole is 0. */
export function ratio(part: Numeric, whole: Numeric): Numeric | null {
  const [a, b] = aligned(part, whole);
  return b === 0n ? null : write(divide(a * 10_000n, b), 4);
}

/** For drawing only: a float as near as it gets. */
export function toPixels(value: Numeric | null): number {
  return value === null ? 0 : Number(value);
}
