import { useEffect, useState } from "react";

/** What a dialog is opened from: the button, or that of the menu; of a dialog that follows another, what opened the first. */
let opener: HTMLElement | null = null;

function findOpener(): HTMLElement | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active.closest('[role="dialog"]')) return opener;
  const menu = active.closest('[role="menu"]');
  return menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : active;
}

/** Gives the focus back, when the dialog that calls this is gone, to what opened it. */
export function useReturnedFocus(): void {
  const [from] = useState(findOpener);
  useEffect(() => {
    opener = from;
    return () => { from?.focus(); };
  }, [from]);
}
