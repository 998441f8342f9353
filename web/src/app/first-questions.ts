// Runs before the other scripts: the service answers while they are loaded.
import { hasEvents } from "@/features/first-run/requests/has-events";
import { prefetchOverview } from "@/features/overview/prefetch";
import { me } from "@/lib/merchant";
import { queryClient } from "@/lib/queries";
import { getToken } from "@/lib/session";

async function ask(): Promise<void> {
  const answer = await queryClient.query(me).catch(() => null);
  if (answer === null || location.pathname !== "/") return;
  await Promise.allSettled([prefetchOverview(answer), queryClient.query(hasEvents(answer))]);
}

/** Settles when there is something to show; app/Merchant.tsx shows who could not be signed in, and why. */
export const answered = getToken() === null ? Promise.resolve() : ask();
