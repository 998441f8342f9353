import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";
import type { Period } from "@/lib/ranges";
import type { Granularity } from "@/lib/view";

/** Each day or hour of a period, and the period's totals; without a period nothing is asked. */
export function useAnalytics(period: Period | null, granularity: Granularity, currency: string) {
  return useFigures(
    ["analytics", currency, granularity, period],
    (signal) => {
      const query = { start_date: period?.start ?? "", end_date: period?.end ?? "", granularity, currency };
      return body(api.GET("/api/dashboard/analytics", { params: { query }, signal }));
    },
    { enabled: period !== null },
  );
}
