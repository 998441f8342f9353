import { useEffect, useId, useState, type PointerEvent, type ReactNode } from "react";
import classes from "./Hint.module.css";

interface HintProps {
  /** What the button is called. */
  label: string;
  /** What it shows. */
  children: ReactNode;
  /** What it looks like. */
  target: ReactNode;
  className?: string | undefined;
}

const WIDTH = 280;
const EDGE = 12;
/** Where less room than this is left below, it opens above. */
const ROOM = 180;

/** Where a text goes that belongs to `target`: below it, or above, and never beyond the window's edge. */
function placeAt(target: DOMRect) {
  const left = Math.max(EDGE, Math.min(target.left, window.innerWidth - WIDTH - EDGE));
  return window.innerHeight - target.bottom < ROOM
    ? { left, bottom: window.innerHeight - target.top + 6 }
    : { left, top: target.bottom + 6 };
}

/**
 * A word of explanation: opened by pointing, by touch, or by keyboard.
 *
 * There are many of them on a page, so one costs no more than a button until it is opened.
 */
export function Hint({ label, children, target, className }: HintProps) {
  const id = useId();
  const [place, setPlace] = useState<ReturnType<typeof placeAt> | null>(null);
  const isOpen = place !== null;
  const open = (button: HTMLElement) => { setPlace(placeAt(button.getBoundingClientRect())); };
  const close = () => { setPlace(null); };
  useEffect(() => {
    if (!isOpen) return;
    const away = () => { setPlace(null); };
    const onKey = (event: KeyboardEvent) => { if (event.key === "Escape") away(); };
    window.addEventListener("scroll", away, { passive: true });
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("scroll", away);
      window.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  const byMouse = (action: (button: HTMLElement) => void) => (event: PointerEvent<HTMLElement>) => {
    if (event.pointerType === "mouse") action(event.currentTarget);
  };
  return (
    <>
      <button type="button" className={`bare ${className ?? classes.target}`} aria-label={label} aria-expanded={isOpen} aria-describedby={isOpen ? id : undefined}
        onClick={(event) => { open(event.currentTarget); }} onPointerEnter={byMouse(open)} onPointerLeave={byMouse(close)} onBlur={close}>
        {target}
      </button>
      {isOpen && <span id={id} role="tooltip" className={`floating ${classes.text}`} style={{ ...place, width: WIDTH }}>{children}</span>}
    </>
  );
}
