// A service that answers what a test says, at the place where the browser's own fetch is.
import { vi } from "vitest";

type Answer = Response | (() => Response);

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) => () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

export const problem = (status: number, type: string, headers: Record<string, string> = {}) => () =>
  new Response(JSON.stringify({ type: `/problems/${type}`, title: type, status, detail: `Detail of ${type}.`, request_id: "req-1" }), {
    status, headers: { "Content-Type": "application/problem+json", ...headers },
  });

/** Answers by path, the last answer again and again; gives the requests that came. */
export function serve(answers: Record<string, Answer | Answer[]>) {
  const left = new Map(Object.entries(answers).map(([path, given]) => [path, Array.isArray(given) ? [...given] : [given]]));
  const requests: Request[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    requests.push(request);
    const queue = left.get(new URL(request.url).pathname);
    const answer = queue && queue.length > 1 ? queue.shift() : queue?.[0];
    if (answer === undefined) return Promise.reject(new TypeError("no answer"));
    return Promise.resolve(typeof answer === "function" ? answer() : answer);
  });
  return requests;
}
