import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";
import type { Period } from "@/lib/ranges";

export const FAILURES_SHOWN = 6;

/** Why payments failed in a period. */
export function useFailures({ start, end }: Period, currency: string) {
  return useFigures(["failures", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency, limit: FAILURES_SHOWN };
    return body(api.GET("/api/dashboard/failures", { params: { query }, signal }));
  });
}
