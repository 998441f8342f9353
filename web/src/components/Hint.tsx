import { Popover, UnstyledButton } from "@mantine/core";
import { useState, type PointerEvent, type ReactNode } from "react";
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

/** A word of explanation: opened by pointing, by touch, or by keyboard. */
export function Hint({ label, children, target, className }: HintProps) {
  const [isOpen, setOpen] = useState(false);
  const byMouse = (open: boolean) => (event: PointerEvent) => {
    if (event.pointerType === "mouse") setOpen(open);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} width={280} position="bottom-start" offset={6} withinPortal>
      <Popover.Target>
        <UnstyledButton
          className={className ?? classes.target}
          aria-label={label}
          onClick={() => { setOpen(true); }}
          onPointerEnter={byMouse(true)}
          onPointerLeave={byMouse(false)}
          onBlur={() => { setOpen(false); }}
        >
          {target}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.text}>{children}</Popover.Dropdown>
    </Popover>
  );
}
