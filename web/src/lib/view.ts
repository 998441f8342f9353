// The state of a view is its address: what is unknown or contradicts itself falls back, what is usual is left out.
import { addDays, countDays, isDay, type Day } from "@/lib/days";
import { MAX_DAYS, MAX_HOURLY_DAYS, PRESETS, presetPeriod, type Period, type Preset } from "@/lib/ranges";

export type Granularity = "daily" | "hourly";

export interface View {
  range: Preset | "custom";
  period: Period;
  isCompared: boolean;
  currency: string;
  granularity: Granularity;
}

/** What a view falls back to. */
export interface ViewContext {
  today: Day;
  currencies: readonly string[];
}

export const DEFAULT_RANGE: Preset = "30d";

function readPeriod(params: URLSearchParams, today: Day): Pick<View, "range" | "period"> {
  const [from, to] = [params.get("from"), params.get("to")];
  if (params.get("range") === "custom" && isDay(from) && isDay(to) && from <= to) {
    const earliest = addDays(to, 1 - MAX_DAYS);
    return { range: "custom", period: { start: from < earliest ? earliest : from, end: to } };
  }
  const range = PRESETS.find((preset) => preset === params.get("range")) ?? DEFAULT_RANGE;
  return { range, period: presetPeriod(range, today) };
}

const usualGranularity = (period: Period): Granularity => (period.start === period.end ? "hourly" : "daily");

export const canBeHourly = (period: Period) => countDays(period.start, period.end) <= MAX_HOURLY_DAYS;

export function readView(params: URLSearchParams, { today, currencies }: ViewContext): View {
  const { range, period } = readPeriod(params, today);
  const asked = params.get("granularity");
  const granularity = asked === "daily" || (asked === "hourly" && canBeHourly(period)) ? asked : usualGranularity(period);
  const currency = currencies.find((known) => known === params.get("currency")) ?? currencies[0] ?? "";
  return { range, period, isCompared: params.get("compare") === "1", currency, granularity };
}

export function writeView(view: View, { currencies }: ViewContext): URLSearchParams {
  const params = new URLSearchParams();
  if (view.range !== DEFAULT_RANGE) params.set("range", view.range);
  if (view.range === "custom") {
    params.set("from", view.period.start);
    params.set("to", view.period.end);
  }
  if (view.isCompared) params.set("compare", "1");
  if (view.currency !== currencies[0]) params.set("currency", view.currency);
  if (view.granularity !== usualGranularity(view.period)) params.set("granularity", view.granularity);
  return params;
}
