// Loaded when a panel is first opened.
import { Popover } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import { useLayoutEffect, type ReactNode, type RefCallback, type RefObject } from "react";

interface OpenPanelProps {
  /** The button it belongs to. */
  place: RefObject<HTMLElement | null>;
  title: string;
  className: string | undefined;
  side: "start" | "end";
  isOpen: boolean;
  onChange: (isOpen: boolean) => void;
  children: ReactNode;
}

/** Tells the popover of a button that is there without it. */
function Place({ place, ref }: { place: RefObject<HTMLElement | null>; ref?: RefCallback<HTMLElement> }) {
  useLayoutEffect(() => {
    ref?.(place.current);
  }, [place, ref]);
  return null;
}

export default function OpenPanel({ place, title, className, side, isOpen, onChange, children }: OpenPanelProps) {
  // it gives back the focus only where it has seen itself being opened
  const isMounted = useMounted();
  return (
    <Popover opened={isOpen && isMounted} onChange={onChange} position={`bottom-${side}`} offset={6} trapFocus returnFocus shadow="md">
      <Popover.Target><Place place={place} /></Popover.Target>
      <Popover.Dropdown className={className} aria-label={title} aria-labelledby={undefined}>{children}</Popover.Dropdown>
    </Popover>
  );
}
