import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KEYS } from "@/features/keys/requests/keys";
import { api, body, type Schemas } from "@/lib/api";

/** Something that changes keys; the list is asked for again afterwards. */
function useChange<T, Answer>(change: (given: T) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: KEYS }) });
}

export const useCreateKey = () =>
  useChange((key: Schemas["KeyRequest"]) => body(api.POST("/api/keys", { body: key })));

export const useRotateKey = () =>
  useChange(({ id, overlapSeconds }: { id: string; overlapSeconds: number }) =>
    body(api.POST("/api/keys/{key_id}/rotate", { params: { path: { key_id: id } }, body: { overlap_seconds: overlapSeconds } })));

export const useRevokeKey = () =>
  useChange((id: string) => body(api.DELETE("/api/keys/{key_id}", { params: { path: { key_id: id } } })));
