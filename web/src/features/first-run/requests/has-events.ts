import { queryOptions } from "@tanstack/react-query";
import { api, body } from "@/lib/api";
import { addDays, today } from "@/lib/days";
import type { Me } from "@/lib/merchant";
import { FIGURES } from "@/lib/queries";
import { MAX_DAYS } from "@/lib/ranges";

/** Whether the merchant has sent an event yet; asked until it has. */
export const hasEvents = ({ timezone, currencies }: Me) =>
  queryOptions({
    queryKey: [FIGURES, "has-events"],
    queryFn: async ({ signal }) => {
      const { data } = await body(api.GET("/api/transactions", { params: { query: { limit: 1 } }, signal }));
      if (data.length > 0 || currencies.length > 1) return true;
      // raw events may be gone already; the figures made of them stay
      const end = today(timezone);
      const query = { start_date: addDays(end, 1 - MAX_DAYS), end_date: end };
      const { totals } = await body(api.GET("/api/dashboard/analytics", { params: { query }, signal }));
      return [totals.created, totals.transactions, totals.refunded].some((count) => count !== "0");
    },
    enabled: ({ state }) => state.data !== true,
  });
