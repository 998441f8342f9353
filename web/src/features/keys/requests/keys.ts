import { useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "@/lib/api";

const PAGE = 50;
export const KEYS = ["keys"];

/** The merchant's keys, the newest first, ended ones too. */
export function useKeys() {
  return useInfiniteQuery({
    queryKey: KEYS,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam === null ? {} : { starting_after: pageParam }) };
      return body(api.GET("/api/keys", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.key_id ?? null) : null),
    select: ({ pages }) => pages.flatMap((page) => page.data),
  });
}
