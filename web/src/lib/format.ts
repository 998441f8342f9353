// Numbers and moments as people read them. Texts of numbers go to Intl as they are: it rounds none of them.
import type { Numeric } from "@/lib/api-types";
import { dateFormat } from "@/lib/days";

const cache = new Map<string, Intl.NumberFormat>();
const usualDecimals = new Map<string, number>();

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  const known = cache.get(key) ?? new Intl.NumberFormat(locale, options);
  cache.set(key, known);
  return known;
}

// ES2023 formats the text itself; the library's type names only the texts that are literals.
const exact = (value: Numeric) => value as Intl.StringNumericLiteral;

/** How many decimals a figure has that say something. */
function decimalsOf(value: Numeric): number {
  const fraction = value.split(".")[1] ?? "";
  return /[1-9]/.test(fraction) ? fraction.length : 0;
}

/** A currency's decimals, as Intl knows them; remembered, for to ask takes longer than to format. */
function decimalsOfCurrency(currency: string): number {
  const known = usualDecimals.get(currency) ?? new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 0;
  usualDecimals.set(currency, known);
  return known;
}

/** An amount with its currency: the currency's decimals, and all that the figure has when it has more. */
export function formatMoney(value: Numeric, currency: string, locale: string): string {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  const decimals = Math.max(decimalsOfCurrency(currency), decimalsOf(value));
  return numberFormat(locale, { ...style, minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(exact(value));
}

/** A count. */
export function formatCount(value: Numeric, locale: string): string {
  return numberFormat(locale, { maximumFractionDigits: decimalsOf(value) }).format(exact(value));
}

/** A ratio of the API (0.9231) in percent, to its last digit; a dash when there is none. */
export function formatRatio(value: Numeric | null, locale: string): string {
  if (value === null) return "–";
  return numberFormat(locale, { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(exact(value));
}

/** A growth in percent, with its sign. */
export function formatGrowth(percent: Numeric, locale: string): string {
  return `${numberFormat(locale, { signDisplay: "exceptZero", maximumFractionDigits: 1 }).format(exact(percent))}\u202f%`;
}

/** A difference of two ratios in percentage points, with its sign and without the unit. */
export function formatPoints(difference: Numeric, locale: string): string {
  const options = { style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 2 } as const;
  return numberFormat(locale, options).format(exact(difference)).replace(/[\s\u00a0\u202f]*%/, "");
}

/** What stands at an axis: short, and not exact. */
export function formatTick(value: number, locale: string): string {
  return numberFormat(locale, { notation: "compact", maximumFractionDigits: 2 }).format(value);
}

const MOMENTS = {
  minute: { dateStyle: "medium", timeStyle: "short" },
  second: { dateStyle: "medium", timeStyle: "medium" },
  time: { timeStyle: "medium" },
  day: { dateStyle: "medium" },
  hour: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  clock: { hour: "2-digit", minute: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A moment in the merchant's zone. */
export function formatInstant(instant: string, kind: keyof typeof MOMENTS, timezone: string, locale: string): string {
  return dateFormat(locale, { ...MOMENTS[kind], timeZone: timezone }).format(new Date(instant));
}
