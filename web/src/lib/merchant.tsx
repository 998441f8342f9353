// Who is signed in, for which merchant, and which day it is there.
import { queryOptions } from "@tanstack/react-query";
import { createContext, use, useEffect, useState } from "react";
import { api, body, type Schemas } from "@/lib/api";
import { today, type Day } from "@/lib/days";

export type Me = Schemas["Me"];

/** Whoever the token belongs to. */
export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => body(api.GET("/api/me", { signal })),
  staleTime: Infinity,
});

export const MerchantContext = createContext<Me | null>(null);

export function useMerchant(): Me & { isOwner: boolean } {
  const known = use(MerchantContext);
  if (!known) throw new Error("no merchant");
  return { ...known, isOwner: known.role === "owner" };
}

/** The merchant's local day; midnight turns it. */
export function useToday(timezone: string): Day {
  const [day, setDay] = useState(() => today(timezone));
  useEffect(() => {
    const timer = setInterval(() => { setDay(today(timezone)); }, 1000);
    return () => { clearInterval(timer); };
  }, [timezone]);
  return day;
}
