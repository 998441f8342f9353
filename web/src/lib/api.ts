// Calls of the service. Numbers of answers stay texts, failures are ApiErrors, a refused token ends the session.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "@/lib/api-types";
import { quoteNumbers } from "@/lib/exact-json";
import { expireSession, getToken } from "@/lib/session";

export type Schemas = components["schemas"];

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** null: there was no answer. */
    readonly status: number | null,
    readonly problem: Partial<Schemas["ProblemDetails"]> = {},
    /** Seconds after which it makes sense to ask again. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail ?? problem.title ?? "no answer");
  }
}

/** `fetch` with the token; Errors: ApiError. */
export async function authorizedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const used = getToken();
  if (used !== null) request.headers.set("Authorization", `Bearer ${used}`);
  const response = await fetch(request).catch((error: unknown) => {
    if (request.signal.aborted) throw error;
    throw new ApiError(null);
  });
  if (response.status === 401) expireSession(used);
  if (!response.ok) throw await toApiError(response);
  return response;
}

async function toApiError(response: Response): Promise<ApiError> {
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
  const problem = isProblem ? ((await response.json()) as Schemas["ProblemDetails"]) : {};
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError(response.status, problem, Number.isNaN(retryAfter) ? null : retryAfter);
}

const exactNumbers: Middleware = {
  async onResponse({ response }) {
    if (response.status === 204) return undefined;
    return new Response(quoteNumbers(await response.text()), { status: response.status });
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch });
api.use(exactNumbers);

/** The answer's body. Errors: ApiError. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
