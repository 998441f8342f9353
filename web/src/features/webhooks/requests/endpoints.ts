import { useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

const PAGE = 50;
export const ENDPOINTS = ["endpoints"];

/** The merchant's webhook endpoints, the newest first, disabled ones too. */
export function useEndpoints() {
  return useInfiniteQuery({
    queryKey: ENDPOINTS,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam === null ? {} : { starting_after: pageParam }) };
      return body(api.GET("/api/webhook-endpoints", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.endpoint_id ?? null) : null),
    select: ({ pages }) => pages.flatMap((page) => page.data),
  });
}
