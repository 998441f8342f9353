import { useEffect } from "react";

/** What the tab is called while the page is open. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Molam Connect`;
  }, [title]);
}
