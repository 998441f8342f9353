// Which transactions are looked at: the address of the list, and what the API is asked for.
import { isDay, type Day } from "@/lib/days";
import { PRESETS, presetPeriod, type Period, type Preset } from "@/lib/ranges";

export const STATUSES = ["succeeded", "failed", "partially_refunded", "refunded", "created"] as const;
export type Status = (typeof STATUSES)[number];

export interface Filters {
  status: Status | null;
  payment_method: string | null;
  currency: string | null;
  customer_id: string | null;
  product_id: string | null;
  search: string | null;
  range: Preset | "custom" | "all";
  /** Local days, or moments: the hour that a bar of a chart stands for. */
  from: string | null;
  to: string | null;
  after: string | null;
  before: string | null;
}

const TEXTS = ["payment_method", "currency", "customer_id", "product_id", "search", "after", "before"] as const;

const isInstant = (text: string | null): text is string =>
  text !== null && /^\d{4}-\d\d-\d\dT[\d:.]{5,}(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));

export function readFilters(params: URLSearchParams): Filters {
  const [from, to] = [params.get("from"), params.get("to")];
  const isCustom = (isDay(from) && isDay(to) && from <= to) || (isInstant(from) && isInstant(to));
  const preset = PRESETS.find((known) => known === params.get("range"));
  const texts = Object.fromEntries(TEXTS.map((name) => [name, params.get(name)])) as Record<(typeof TEXTS)[number], string | null>;
  return {
    ...texts,
    status: STATUSES.find((known) => known === params.get("status")) ?? null,
    range: preset ?? (isCustom ? "custom" : "all"),
    from: !preset && isCustom ? from : null,
    to: !preset && isCustom ? to : null,
  };
}

export function writeFilters(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value && name !== "range") params.set(name, value as string);
  }
  if (filters.range !== "all" && filters.range !== "custom") params.set("range", filters.range);
  return params;
}

/** The days of the filter, if it is about days. */
export function filteredPeriod({ range, from, to }: Filters, today: Day): Period | null {
  if (range === "all") return null;
  if (range === "custom") return isDay(from) && isDay(to) ? { start: from, end: to } : null;
  return presetPeriod(range, today);
}

/** What the API is asked, for the list and for the file alike. */
export function toQuery(filters: Filters, today: Day) {
  const period = filteredPeriod(filters, today);
  const given = {
    status: filters.status, payment_method: filters.payment_method, currency: filters.currency, customer_id: filters.customer_id,
    product_id: filters.product_id, search: filters.search, from: period?.start ?? filters.from, to: period?.end ?? filters.to,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as { [K in keyof typeof given]?: NonNullable<(typeof given)[K]> };
}
