import { expect, test } from "vitest";
import { addDays, addMonths, countDays, formatDays, isDay, startOfMonth, today } from "@/lib/days";
import { growthPeriods, presetPeriod, previousPeriod } from "@/lib/ranges";

test.each([
  ["Africa/Dakar", "2026-11-22T23:59:59Z", "2026-11-22"],
  ["Africa/Lagos", "2026-11-22T23:59:59Z", "2026-11-23"],
  ["Asia/Kuwait", "2026-11-22T21:00:00Z", "2026-11-23"],
  ["Europe/Paris", "2026-03-29T00:59:59Z", "2026-03-29"], // an hour before the clock is put forward
  ["Europe/Paris", "2026-03-28T22:59:59Z", "2026-03-28"],
  ["Europe/Paris", "2026-03-29T22:00:00Z", "2026-03-30"], // the day had 23 hours
  ["Europe/Paris", "2026-10-25T22:59:59Z", "2026-10-25"], // the day had 25 hours
  ["America/Los_Angeles", "2026-01-01T07:59:59Z", "2025-12-31"],
])("the day in %s at %s is %s", (timezone, now, day) => {
  expect(today(timezone, new Date(now))).toBe(day);
});

test("days are counted without hours, so that no clock change disturbs", () => {
  expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
  expect(countDays("2026-03-28", "2026-03-30")).toBe(3);
  expect(countDays("2026-10-24", "2026-10-26")).toBe(3);
  expect(addMonths("2026-03-31", -1)).toBe("2026-02-28");
  expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
  expect(startOfMonth("2026-11-23")).toBe("2026-11-01");
});

test("only days that exist are days", () => {
  expect(["2026-02-28", "2024-02-29"].every(isDay)).toBe(true);
  expect(["2026-02-29", "2026-13-01", "2026-1-1", "x", "", null, "2026-11-23T00:00:00Z"].some(isDay)).toBe(false);
});

test("presets are local days up to today", () => {
  const day = "2026-11-23";
  expect(presetPeriod("today", day)).toEqual({ start: day, end: day });
  expect(presetPeriod("yesterday", day)).toEqual({ start: "2026-11-22", end: "2026-11-22" });
  expect(presetPeriod("7d", day)).toEqual({ start: "2026-11-17", end: day });
  expect(presetPeriod("30d", day)).toEqual({ start: "2026-10-25", end: day });
  expect(presetPeriod("mtd", day)).toEqual({ start: "2026-11-01", end: day });
  expect(presetPeriod("last-month", "2026-03-31")).toEqual({ start: "2026-02-01", end: "2026-02-28" });
});

test("what is before a period", () => {
  expect(previousPeriod({ start: "2026-11-17", end: "2026-11-23" }, "7d")).toEqual({ start: "2026-11-10", end: "2026-11-16" });
  expect(previousPeriod({ start: "2026-11-01", end: "2026-11-22" }, "mtd")).toEqual({ start: "2026-10-01", end: "2026-10-22" });
  expect(previousPeriod({ start: "2026-03-01", end: "2026-03-31" }, "last-month")).toEqual({ start: "2026-02-01", end: "2026-02-28" });
});

test("growth leaves out the day that has just begun", () => {
  const today = "2026-11-23";
  const untilToday = { start: "2026-11-17", end: today };
  expect(growthPeriods(untilToday, "7d", today)).toEqual([{ start: "2026-11-17", end: "2026-11-22" }, { start: "2026-11-11", end: "2026-11-16" }]);
  const over = { start: "2026-11-01", end: "2026-11-10" };
  expect(growthPeriods(over, "custom", today)).toEqual([over, { start: "2026-10-22", end: "2026-10-31" }]);
  expect(growthPeriods({ start: today, end: today }, "today", today)).toBeNull();
});

test("periods are written as short as the language does", () => {
  expect(formatDays("2026-11-01", "2026-11-23", "en-GB")).toMatch(/^1\s*–\s*23 Nov 2026$/u);
  expect(formatDays("2026-11-23", "2026-11-23", "fr-FR")).toMatch(/^23 nov\. 2026$/u);
});
