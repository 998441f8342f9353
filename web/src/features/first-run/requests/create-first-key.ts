import { useMutation } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

/** Makes a key that sends events and can do nothing else. */
export function useCreateFirstKey() {
  return useMutation({
    mutationFn: (name: string) => body(api.POST("/api/keys", { body: { name, scopes: ["events:write"] } })),
  });
}
