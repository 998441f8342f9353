import { toQuery, type Filters } from "@/features/transactions/filters";
import { api, body } from "@/lib/api";
import type { Day } from "@/lib/days";
import { figures, useFigures } from "@/lib/queries";

export const PAGE = 25;

/** A page of transactions, the newest first. */
export function useTransactions(filters: Filters, today: Day) {
  const query = {
    ...toQuery(filters, today),
    limit: PAGE,
    ...(filters.after ? { starting_after: filters.after } : filters.before ? { ending_before: filters.before } : {}),
  };
  return useFigures(figures(["transactions", query], (signal) => body(api.GET("/api/transactions", { params: { query }, signal }))));
}
