// Who is signed in, for which merchant, and which day it is there.
import { createContext, use, useEffect, useState } from "react";
import type { Schemas } from "@/lib/api";
import { today, type Day } from "@/lib/days";

export type Me = Schemas["Me"];

export const MerchantContext = createContext<Me | null>(null);

export function useMerchant(): Me & { isOwner: boolean } {
  const me = use(MerchantContext);
  if (!me) throw new Error("no merchant");
  return { ...me, isOwner: me.role === "owner" };
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
