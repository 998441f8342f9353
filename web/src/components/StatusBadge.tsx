import type { ReactNode } from "react";
import classes from "./StatusBadge.module.css";

/** A state, by word and colour. */
export function StatusBadge({ tone, children }: { tone: "good" | "bad" | "warn" | "mute"; children: ReactNode }) {
  return <span className={classes.badge} data-tone={tone}>{children}</span>;
}
