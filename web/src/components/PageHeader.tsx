import type { ReactNode } from "react";
import classes from "./PageHeader.module.css";

/** The name of a page, what it is for, and what can be done on it. */
export function PageHeader({ title, lead, children }: { title: ReactNode; lead?: string; children?: ReactNode }) {
  return (
    <header className={classes.header}>
      <div>
        <h1>{title}</h1>
        {lead !== undefined && <p className={classes.lead}>{lead}</p>}
      </div>
      {children !== undefined && <div className={classes.actions}>{children}</div>}
    </header>
  );
}
