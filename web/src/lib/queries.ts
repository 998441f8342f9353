// How answers are asked for, kept and asked for again.
import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { ApiError } from "@/lib/api";
import { onSessionChange } from "@/lib/session";

const LONGEST_SILENT_WAIT_S = 3;
/** What is asked for again when figures change has keys that begin so. */
export const FIGURES = "figures";

/** Worth another try without telling anybody: no answer, a fault of the service, or a short wait. */
function shouldRetry(failures: number, error: Error): boolean {
  if (!(error instanceof ApiError) || failures >= 2) return false;
  if (error.status === 429) return (error.retryAfter ?? Infinity) <= LONGEST_SILENT_WAIT_S;
  return error.status === null || error.status >= 500;
}

function retryDelay(failures: number, error: Error): number {
  const told = error instanceof ApiError ? error.retryAfter : null;
  return told === null ? 500 * 2 ** failures : Math.min(told, LONGEST_SILENT_WAIT_S) * 1000;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, retryDelay, staleTime: 30_000, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

let toldAsOf = 0;

// what one has seen is not for the next
onSessionChange(() => {
  queryClient.clear();
  toldAsOf = 0;
});

/** Figures have changed: what is in view is asked for again, all else when it is needed. */
export async function refreshFigures(asOf: string | null): Promise<void> {
  if (asOf !== null) toldAsOf = Math.max(toldAsOf, Date.parse(asOf));
  await queryClient.invalidateQueries({ queryKey: [FIGURES] });
}

/** A replica may answer before it has the change that was told of (docs/streams.md): then it is asked again. */
async function askUntilFresh<T extends { as_of: string }>(ask: () => Promise<T>): Promise<T> {
  let answer = await ask();
  for (let tries = 0; tries < 3 && Date.parse(answer.as_of) < toldAsOf; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    answer = await ask();
  }
  return answer;
}

/** What `queryClient.query` and `useFigures` are asked. */
interface Question<T> {
  queryKey: readonly unknown[];
  queryFn: (context: { signal: AbortSignal }) => Promise<T>;
}

/** A question for figures that are kept up to date. */
export const figures = <T extends { as_of: string }>(key: readonly unknown[], ask: (signal: AbortSignal) => Promise<T>): Question<T> =>
  ({ queryKey: [FIGURES, ...key], queryFn: ({ signal }) => askUntilFresh(() => ask(signal)) });

/** What it was answered; while that is loading, the answer to the one before. */
export const useFigures = <T>(question: Question<T>, { enabled = true } = {}) =>
  useQuery({ ...question, placeholderData: keepPreviousData, enabled });
