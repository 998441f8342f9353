import { useId, type ReactNode } from "react";
import classes from "./Card.module.css";

interface CardProps {
  title: string;
  /** Beside the title, softly. */
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

/** A part of a page that stands for itself. */
export function Card({ title, note, actions, children, className }: CardProps) {
  const id = useId();
  return (
    <section className={`${classes.card} ${className ?? ""}`} aria-labelledby={id}>
      <header className={classes.header}>
        <div className={classes.heading}>
          <h2 id={id}>{title}</h2>
          {note !== undefined && <span className={classes.note}>{note}</span>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </section>
  );
}
