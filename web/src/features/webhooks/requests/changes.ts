import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ENDPOINTS } from "@/features/webhooks/requests/endpoints";
import { api, body } from "@/lib/api";

/** Something that changes endpoints; the list is asked for again afterwards. */
function useChange<T, Answer>(change: (given: T) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: ENDPOINTS }) });
}

export const useCreateEndpoint = () =>
  useChange((description: string) => body(api.POST("/api/webhook-endpoints", { body: { description } })));

export const useRotateSecret = () =>
  useChange(({ id, overlapSeconds }: { id: string; overlapSeconds: number }) => {
    const request = { params: { path: { endpoint_id: id } }, body: { overlap_seconds: overlapSeconds } };
    return body(api.POST("/api/webhook-endpoints/{endpoint_id}/rotate", request));
  });

export const useDisableEndpoint = () =>
  useChange((id: string) => body(api.DELETE("/api/webhook-endpoints/{endpoint_id}", { params: { path: { endpoint_id: id } } })));
