import type { ChartProps } from "@/components/chart/series";
import type { Schemas } from "@/lib/api";
import { formatDay } from "@/lib/days";
import { formatInstant } from "@/lib/format";
import { transactionsLink } from "@/lib/links";

type Buckets = Schemas["Bucket"][];
type Axis = Omit<ChartProps, "name" | "series" | "length" | "isCounted">;

const HOUR_MS = 3_600_000;

function days(data: Buckets, currency: string, locale: string): Axis {
  const day = (index: number) => data[index]?.date ?? "";
  return {
    label: (index) => formatDay(day(index), locale, { weekday: "short", day: "numeric", month: "short", year: "numeric" }),
    tick: (index) => formatDay(day(index), locale, { day: "numeric", month: "short" }),
    tickSteps: [1, 2, 3, 4, 5, 7, 14, 28, 56, 91, 182],
    href: (index) => transactionsLink({ from: day(index), to: day(index), currency }),
  };
}

function hours(data: Buckets, currency: string, timezone: string, locale: string): Axis {
  const hour = (index: number) => data[index]?.hour ?? "";
  const isOneDay = data.length <= 25;
  return {
    label: (index) => formatInstant(hour(index), "hour", timezone, locale),
    tick: (index) =>
      isOneDay
        ? formatInstant(hour(index), "clock", timezone, locale)
        : formatDay(hour(index).slice(0, 10), locale, { day: "numeric", month: "short" }),
    tickSteps: isOneDay ? [1, 2, 3, 4, 6, 12] : [24, 48, 72, 120, 168, 336],
    href: (index) => {
      const end = new Date(Date.parse(hour(index)) + HOUR_MS).toISOString();
      return transactionsLink({ from: hour(index), to: end, currency });
    },
  };
}

/** The buckets that had begun at that moment: what is to come is not nothing. */
export const begun = (data: Buckets, asOf: string) =>
  data.filter(({ hour }) => hour === undefined || Date.parse(hour) <= Date.parse(asOf));

/** The axis of buckets: their names, and the transactions behind them. */
export function axisOf(data: Buckets, currency: string, timezone: string, locale: string) {
  return data[0]?.hour === undefined ? days(data, currency, locale) : hours(data, currency, timezone, locale);
}
