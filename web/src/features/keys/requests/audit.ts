import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

/** Who did what to a key, the latest first. */
export function useKeyAudit(id: string) {
  return useQuery({
    queryKey: ["key-audit", id],
    queryFn: ({ signal }) => body(api.GET("/api/keys/{key_id}/audit", { params: { path: { key_id: id } }, signal })),
    staleTime: 0,
  });
}
