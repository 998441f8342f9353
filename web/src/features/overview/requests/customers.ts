import { api, body } from "@/lib/api";
import { useFigures } from "@/lib/queries";

export const CUSTOMERS_SHOWN = 6;

/** Who spent most, of all time. */
export function useTopCustomers(currency: string) {
  return useFigures(["customers", currency], (signal) =>
    body(api.GET("/api/dashboard/customers", { params: { query: { currency, limit: CUSTOMERS_SHOWN } }, signal })),
  );
}
