import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";
import type { Period } from "@/lib/ranges";

export const PRODUCTS_SHOWN = 6;

/** What sold most in a period. */
export function useTopProducts({ start, end }: Period, currency: string) {
  return useFigures(["top-products", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency, limit: PRODUCTS_SHOWN };
    return body(api.GET("/api/dashboard/top-products", { params: { query }, signal }));
  });
}
