// How figures have moved, told by the totals of two periods.
import type { GrowthProps } from "@/components/Growth";
import type { Schemas } from "@/lib/api";
import { growth, sign, subtract } from "@/lib/decimal";
import { formatGrowth, formatPoints } from "@/lib/format";

type Totals = Schemas["Totals"];

export type FigureName =
  | "revenue" | "net_revenue" | "transactions" | "success_rate" | "avg_transaction" | "customers" | "fees" | "refunds";

export const WANTED: Record<FigureName, GrowthProps["wanted"]> = {
  revenue: "more", net_revenue: "more", transactions: "more", success_rate: "more", avg_transaction: "more",
  customers: "more", fees: "neither", refunds: "less",
};

export type Movement = Pick<GrowthProps, "text" | "direction">;

/** A percentage as the API gives growth. */
export const movementOf = (percent: string, locale: string): Movement => ({
  text: formatGrowth(percent, locale),
  direction: sign(percent),
});

/** In percent, a rate in percentage points; null when there is nothing to compare with. */
export function compare(name: FigureName, now: Totals, before: Totals, locale: string, points: string): Movement | null {
  if (name === "success_rate") {
    if (now.success_rate === null || before.success_rate === null) return null;
    const difference = subtract(now.success_rate, before.success_rate);
    return { text: `${formatPoints(difference, locale)}\u202f${points}`, direction: sign(difference) };
  }
  const percent = growth(now[name], before[name]);
  return percent === null ? null : movementOf(percent, locale);
}
