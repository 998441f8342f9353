import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";

const load = () => import("@/components/OpenPanel");
const OpenPanel = lazy(load);

/** What a page needs first is there by then. */
const LOAD_AFTER_MS = 2000;

interface PanelProps {
  /** What the button is called, if not by what it shows. */
  label?: string;
  button: ReactNode;
  buttonClass: string | undefined;
  /** What the panel is called. */
  title: string;
  panelClass: string | undefined;
  /** The edge that it has in common with the button. */
  side: "start" | "end";
  isOpen: boolean;
  onChange: (isOpen: boolean) => void;
  children: ReactNode;
}

/** A button and what opens below it; what that takes is loaded when it is first opened, or before, so that it opens offline, too. */
export function Panel({ label, button, buttonClass, title, panelClass, side, isOpen, onChange, children }: PanelProps) {
  const place = useRef<HTMLButtonElement>(null);
  const [wasOpened, setWasOpened] = useState(false);
  useEffect(() => {
    // should that fail, opening it tries again and tells
    const timer = setTimeout(() => { load().catch(() => undefined); }, LOAD_AFTER_MS);
    return () => { clearTimeout(timer); };
  }, []);
  const toggle = () => {
    setWasOpened(true);
    onChange(!isOpen);
  };
  return (
    <>
      <button ref={place} type="button" className={`bare ${buttonClass}`} aria-haspopup="dialog" aria-expanded={isOpen}
        aria-label={label} title={label} onClick={toggle}>
        {button}
      </button>
      {wasOpened && (
        <Suspense>
          <OpenPanel place={place} title={title} className={panelClass} side={side} isOpen={isOpen} onChange={onChange}>{children}</OpenPanel>
        </Suspense>
      )}
    </>
  );
}
