// Local days of the merchant as the API writes them ("2026-11-23"): no time, no zone, compared as texts.

/** A local day, "2026-11-23". */
export type Day = string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** To make one takes longer than to use it for a year of days, so they are kept. */
export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}

const toDate = (day: Day) => new Date(`${day}T00:00:00Z`);
const toDay = (date: Date): Day => date.toISOString().slice(0, 10);

/** Whether it is a day that exists, in the years that the API takes. */
export function isDay(text: string | null): text is Day {
  if (text === null || !/^(19|20|21)\d\d-\d\d-\d\d$/.test(text)) return false;
  const date = toDate(text);
  return !Number.isNaN(date.getTime()) && toDay(date) === text;
}

/** The day it is in a zone. */
export function today(timezone: string, now: Date = new Date()): Day {
  // by a style: to have Intl find a pattern for given fields takes a tenth of a second when it is the first time
  const parts = dateFormat("en-GB", { timeZone: timezone, dateStyle: "short" }).formatToParts(now);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

export function addDays(day: Day, days: number): Day {
  const date = toDate(day);
  date.setUTCDate(date.getUTCDate() + days);
  return toDay(date);
}

/** The same day of another month, or the month's last. */
export function addMonths(day: Day, months: number): Day {
  const date = toDate(day);
  const dayOfMonth = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months + 1, 0);
  date.setUTCDate(Math.min(dayOfMonth, date.getUTCDate()));
  return toDay(date);
}

export const startOfMonth = (day: Day): Day => `${day.slice(0, 8)}01`;

/** How many days from one to the other, both counted. */
export function countDays(start: Day, end: Day): number {
  return Math.round((toDate(end).getTime() - toDate(start).getTime()) / 86_400_000) + 1;
}

/** "23 Nov 2026", or without what `options` leaves out. */
export function formatDay(day: Day, locale: string, options: Intl.DateTimeFormatOptions = { dateStyle: "medium" }): string {
  return dateFormat(locale, { ...options, timeZone: "UTC" }).format(toDate(day));
}

/** "1 – 23 Nov 2026". */
export function formatDays(start: Day, end: Day, locale: string): string {
  const format = dateFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  return format.formatRange(toDate(start), toDate(end));
}
