// One connection to /api/stream tells when figures change; while there is none, they are asked for now and then.
import { ApiError, authorizedFetch } from "@/lib/api";
import { readStream } from "@/lib/event-stream";

export interface LiveStatus {
  kind: "connecting" | "live" | "reconnecting" | "stale";
  /** When the connection was lost, in ms since 1970. */
  since: number | null;
}

export interface LiveOptions {
  onStatus: (status: LiveStatus) => void;
  /** Figures have changed; `asOf` as in docs/streams.md, null when nobody has told and it may just be so. */
  onChange: (asOf: string | null) => void;
  fetch?: typeof authorizedFetch;
}

// A comment comes every 15 seconds: twice that without a byte is a dead connection.
const SILENCE_MS = 32_000;
const STALE_AFTER_MS = 10_000;
const POLL_MS = 15_000;
const LONGEST_PAUSE_MS = 30_000;

/** Keeps figures told until `signal` is aborted. */
export async function follow({ onStatus, onChange, fetch = authorizedFetch }: LiveOptions, signal: AbortSignal) {
  let lastId: string | null = null;
  let pause = 2000;
  let failures = 0;
  let lostAt: number | null = null;
  let isLive = false;
  const isOver = () => signal.aborted;
  onStatus({ kind: "connecting", since: null });
  while (!isOver()) {
    const poll = setInterval(() => {
      if (lostAt === null) return;
      onChange(null);
      if (Date.now() - lostAt > STALE_AFTER_MS) onStatus({ kind: "stale", since: lostAt });
    }, POLL_MS);
    try {
      for await (const piece of openStream(fetch, lastId, signal)) {
        if (!isLive) onStatus({ kind: "live", since: null });
        isLive = true;
        failures = 0;
        lostAt = null;
        for (const said of piece) {
          if ("id" in said) lastId = said.id;
          else if ("retry" in said) pause = said.retry;
          else onChange((JSON.parse(said.data) as { as_of: string }).as_of);
        }
      }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return;
      if (error instanceof ApiError && error.retryAfter !== null) pause = error.retryAfter * 1000;
      failures += 1;
    }
    if (!isOver()) {
      isLive = false;
      lostAt ??= Date.now();
      onStatus({ kind: failures > 2 ? "stale" : "reconnecting", since: lostAt });
      await sleep(Math.min(pause * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS), signal);
    }
    clearInterval(poll);
  }
}

async function* openStream(fetch: typeof authorizedFetch, lastId: string | null, signal: AbortSignal) {
  const lost = new AbortController();
  const giveUp = () => { lost.abort(); };
  let timer = setTimeout(giveUp, SILENCE_MS);
  window.addEventListener("offline", giveUp);
  const headers: HeadersInit = lastId === null ? {} : { "Last-Event-ID": lastId };
  try {
    const response = await fetch("/api/stream", { headers, signal: AbortSignal.any([signal, lost.signal]) });
    if (response.body === null) return;
    for await (const piece of readStream(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      yield piece;
    }
  } finally {
    clearTimeout(timer);
    window.removeEventListener("offline", giveUp);
  }
}

/** Waits, but not when the browser is back online. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      window.removeEventListener("online", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    window.addEventListener("online", done);
  });
}
