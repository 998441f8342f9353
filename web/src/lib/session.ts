// The token: in memory and in this tab's storage, gone with the tab.
import { useSyncExternalStore } from "react";

const KEY = "molam.token";

export type SessionState = "in" | "out" | "expired";

let token = sessionStorage.getItem(KEY);
let state: SessionState = token ? "in" : "out";
const listeners = new Set<() => void>();

function change(next: string | null, nextState: SessionState): void {
  token = next;
  state = nextState;
  if (next === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, next);
  for (const listener of listeners) listener();
}

export const getToken = () => token;

export function signIn(newToken: string): void {
  change(newToken, "in");
}

export function signOut(): void {
  change(null, "out");
}

/** The service has refused the token; an answer to an older one must not end a newer session. */
export function expireSession(refused: string | null): void {
  if (refused !== null && refused === token) change(null, "expired");
}

/** Calls `listener` when somebody comes or goes; gives what ends that. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(onSessionChange, () => state);
}
