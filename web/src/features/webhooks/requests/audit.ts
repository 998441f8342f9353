import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

/** Who did what to an endpoint, the latest first. */
export function useEndpointAudit(id: string) {
  return useQuery({
    queryKey: ["endpoint-audit", id],
    queryFn: ({ signal }) => body(api.GET("/api/webhook-endpoints/{endpoint_id}/audit", { params: { path: { endpoint_id: id } }, signal })),
    staleTime: 0,
  });
}
