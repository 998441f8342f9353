import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";
import type { Period } from "@/lib/ranges";

/** What was paid how in a period. */
export function usePaymentMethods({ start, end }: Period, currency: string) {
  return useFigures(["payment-methods", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency };
    return body(api.GET("/api/dashboard/payment-methods", { params: { query }, signal }));
  });
}
