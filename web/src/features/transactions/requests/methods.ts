import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

const DAYS = 366;

/** The payment methods of the last year, to choose from. */
export function useKnownMethods(currency: string | null) {
  return useQuery({
    queryKey: ["known-methods", currency],
    queryFn: async ({ signal }) => {
      const query = { days: DAYS, ...(currency === null ? {} : { currency }) };
      const answer = await body(api.GET("/api/dashboard/payment-methods", { params: { query }, signal }));
      return answer.payment_methods.map(({ method }) => method);
    },
  });
}
