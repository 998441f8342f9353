import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/lib/api";
import { follow, type LiveStatus } from "@/lib/live";

type Push = (text: string | null) => void;

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A service whose streams the test writes; it refuses the first attempts with `failures`. */
function connect(failures: ApiError[] = []) {
  const pushes: Push[] = [];
  const ids: (string | null)[] = [];
  const statuses: LiveStatus["kind"][] = [];
  const onChange = vi.fn();
  const end = new AbortController();
  const fetch = (_input: unknown, init?: RequestInit) => {
    ids.push(new Headers(init?.headers).get("Last-Event-ID"));
    const failure = failures.shift();
    if (failure) return Promise.reject(failure);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        pushes.push((text) => { if (text === null) controller.close(); else controller.enqueue(new TextEncoder().encode(text)); });
        init?.signal?.addEventListener("abort", () => { controller.error(new DOMException("aborted", "AbortError")); });
      },
    });
    return Promise.resolve(new Response(body));
  };
  const done = follow({ onStatus: ({ kind }) => statuses.push(kind), onChange, fetch }, end.signal);
  return { pushes, ids, statuses, onChange, end, done };
}

const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const HELLO = "retry: 1000\nid: a\n\n";

test("is live with the first block, and tells of changes", async () => {
  const { pushes, statuses, onChange, end, done } = connect();
  await turn();
  pushes[0]?.(HELLO);
  await turn();
  expect(statuses).toEqual(["connecting", "live"]);
  expect(onChange).not.toHaveBeenCalled();
  pushes[0]?.('id: b\ndata: {"as_of":"2026-11-23T10:00:31.5Z"}\n\n');
  await turn();
  expect(onChange).toHaveBeenCalledWith("2026-11-23T10:00:31.5Z");
  end.abort();
  await done;
});

test("comes back with the last id after the pause it was told", async () => {
  const { pushes, ids, statuses, end, done } = connect();
  await turn();
  pushes[0]?.(HELLO);
  await turn();
  pushes[0]?.(null);
  await turn(900);
  expect(ids).toEqual([null]);
  await turn(200);
  expect(ids).toEqual([null, "a"]);
  pushes[1]?.(":\n\n");
  await turn();
  expect(statuses).toEqual(["connecting", "live", "reconnecting", "live"]);
  end.abort();
  await done;
});

test("a connection without a byte for twice the heartbeat is given up", async () => {
  const { pushes, ids, end, done } = connect();
  await turn();
  pushes[0]?.(HELLO);
  await turn(30_000);
  pushes[0]?.(":\n\n");
  await turn(31_000);
  expect(ids).toHaveLength(1);
  await turn(5000);
  expect(ids).toEqual([null, "a"]);
  end.abort();
  await done;
});

test("a browser that is offline does not wait to notice", async () => {
  const { pushes, statuses, end, done } = connect();
  await turn();
  pushes[0]?.(HELLO);
  await turn();
  window.dispatchEvent(new Event("offline"));
  await turn();
  expect(statuses.at(-1)).toBe("reconnecting");
  end.abort();
  await done;
});

test("asks by itself while it cannot connect, and says since when it is stale", async () => {
  const { statuses, onChange, ids, end, done } = connect(Array.from({ length: 20 }, () => new ApiError(null)));
  await turn(60_000);
  expect(statuses.at(-1)).toBe("stale");
  expect(onChange).toHaveBeenCalledWith(null);
  expect(ids.length).toBeLessThan(8);
  end.abort();
  await done;
});

test("waits as long as the service says", async () => {
  const { ids, end, done } = connect([new ApiError(429, {}, 20)]);
  await turn(19_000);
  expect(ids).toHaveLength(1);
  await turn(2000);
  expect(ids).toHaveLength(2);
  end.abort();
  await done;
});

test.each([401, 403])("%i ends it", async (status) => {
  const { ids, done } = connect([new ApiError(status)]);
  await turn(60_000);
  await done;
  expect(ids).toHaveLength(1);
});
