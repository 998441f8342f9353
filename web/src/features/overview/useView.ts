import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { useMerchant, useToday } from "@/lib/merchant";
import { readView, writeView, type View } from "@/lib/view";

/** What the address says is looked at, and how to look at something else. */
export function useView() {
  const { timezone, currencies } = useMerchant();
  const today = useToday(timezone);
  const [params, setParams] = useSearchParams();
  const context = useMemo(() => ({ today, currencies }), [today, currencies]);
  const view = useMemo(() => readView(params, context), [params, context]);
  const change = (changes: Partial<View>) => {
    setParams(writeView({ ...view, ...changes }, context));
  };
  return { view, change, today };
}
