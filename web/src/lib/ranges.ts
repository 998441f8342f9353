// Which days are looked at, and which days before them they are held against.
import { addDays, addMonths, countDays, startOfMonth, type Day } from "@/lib/days";

export const PRESETS = ["today", "yesterday", "7d", "30d", "90d", "mtd", "last-month"] as const;
export type Preset = (typeof PRESETS)[number];

/** Days, both included. */
export interface Period {
  start: Day;
  end: Day;
}

export const MAX_DAYS = 731;
export const MAX_HOURLY_DAYS = 31;

export function presetPeriod(preset: Preset, today: Day): Period {
  switch (preset) {
    case "today":
      return { start: today, end: today };
    case "yesterday":
      return { start: addDays(today, -1), end: addDays(today, -1) };
    case "7d":
      return { start: addDays(today, -6), end: today };
    case "30d":
      return { start: addDays(today, -29), end: today };
    case "90d":
      return { start: addDays(today, -89), end: today };
    case "mtd":
      return { start: startOfMonth(today), end: today };
    case "last-month":
      return { start: addMonths(startOfMonth(today), -1), end: addDays(startOfMonth(today), -1) };
  }
}

/** As many days right before; of a month (or its days until now) the same days of the month before. */
export function previousPeriod(period: Period, range: Preset | "custom"): Period {
  if (range === "last-month") {
    return { start: addMonths(period.start, -1), end: addDays(period.start, -1) };
  }
  if (range === "mtd") {
    return { start: addMonths(period.start, -1), end: addMonths(period.end, -1) };
  }
  const days = countDays(period.start, period.end);
  return { start: addDays(period.start, -days), end: addDays(period.start, -1) };
}

/**
 * What growth is measured on, and against: the days that are over, for a day that has just begun would make every
 * figure fall. null when today is all there is; the API itself compares today hour by hour.
 */
export function growthPeriods(period: Period, range: Preset | "custom", today: Day): [Period, Period] | null {
  const end = period.end < today ? period.end : addDays(today, -1);
  if (end < period.start) return null;
  const completed = { start: period.start, end };
  return [completed, previousPeriod(completed, range)];
}
