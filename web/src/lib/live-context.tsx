import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { follow, type LiveStatus } from "@/lib/live";
import { refreshFigures } from "@/lib/queries";

const LiveContext = createContext<LiveStatus>({ kind: "connecting", since: null });

/** Changes may come every second; to look at them more often than this would only flicker. */
const PAUSE_MS = 1500;

/** Hands changes on, the first at once, then one each pause; none while nobody looks. */
function gather(change: (asOf: string | null) => void) {
  let pending: { asOf: string | null } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    if (pending === null || document.hidden) return;
    change(pending.asOf);
    pending = null;
    timer = setTimeout(flush, PAUSE_MS);
  };
  const onVisible = () => {
    if (!document.hidden && timer === undefined) flush();
  };
  document.addEventListener("visibilitychange", onVisible);
  return {
    add: (asOf: string | null) => {
      pending = { asOf: asOf ?? pending?.asOf ?? null };
      if (timer === undefined) flush();
    },
    stop: () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}

/** Keeps the figures below it up to date. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState<LiveStatus>({ kind: "connecting", since: null });
  useEffect(() => {
    const connection = new AbortController();
    const changes = gather((asOf) => void refreshFigures(asOf));
    void follow({ onStatus: setStatus, onChange: changes.add }, connection.signal);
    return () => {
      connection.abort();
      changes.stop();
    };
  }, []);
  return <LiveContext value={status}>{children}</LiveContext>;
}

export const useLive = () => use(LiveContext);
