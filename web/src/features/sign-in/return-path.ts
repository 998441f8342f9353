/** A path of this application to go back to; anything else is the overview. */
export function returnPath(text: string | null): string {
  if (text === null || !/^\/(?![/\\])/.test(text)) return "/";
  const url = new URL(text, location.origin);
  if (url.origin !== location.origin || url.pathname.startsWith("/signin")) return "/";
  return url.pathname + url.search;
}

const KEY = "molam.return";

/** Where to go when the provider has sent the browser back here. */
export const keptReturn = () => returnPath(sessionStorage.getItem(KEY));

export function keepReturn(path: string): void {
  sessionStorage.setItem(KEY, path);
}
