import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";

/** Today and the month to date. */
export function useOverview(currency: string) {
  return useFigures(["overview", currency], (signal) =>
    body(api.GET("/api/dashboard/overview", { params: { query: { currency } }, signal })),
  );
}
