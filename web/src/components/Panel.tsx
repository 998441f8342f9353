import { lazy, Suspense, useRef, useState, type ReactNode } from "react";

const OpenPanel = lazy(() => import("@/components/OpenPanel"));

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

/** A button and what opens below it; what that takes is loaded when it is first opened. */
export function Panel({ label, button, buttonClass, title, panelClass, side, isOpen, onChange, children }: PanelProps) {
  const place = useRef<HTMLButtonElement>(null);
  const [wasOpened, setWasOpened] = useState(false);
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
