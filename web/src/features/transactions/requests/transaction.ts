import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";
import { FIGURES } from "@/lib/queries";

/** One transaction with its events, of all that is acknowledged by now. */
export function useTransaction(id: string) {
  return useQuery({
    queryKey: [FIGURES, "transaction", id],
    queryFn: ({ signal }) => body(api.GET("/api/transactions/{transaction_id}", { params: { path: { transaction_id: id } }, signal })),
  });
}
