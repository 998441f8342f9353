import type { ReactNode } from "react";
import { Link } from "wouter";
import classes from "./Ranking.module.css";

export interface RankingColumn<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** Left out where there is little room. */
  isMinor?: boolean;
}

interface RankingProps<T> {
  caption: string;
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** What a row is of, and the word for it. */
  title: string;
  name: (row: T) => ReactNode;
  href: (row: T) => string;
  /** The length of a row's bar, 0 to 1. */
  weight: (row: T) => number;
  /** What the bar says in words, and the heading of that. */
  share?: { title: string; text: (row: T) => string };
  columns: readonly RankingColumn<T>[];
  tone?: "accent" | "loss";
}

/** Rows with bars, the greatest first; each leads to what is behind it. */
export function Ranking<T>({ caption, rows, rowKey, title, name, href, weight, share, columns, tone = "accent" }: RankingProps<T>) {
  return (
    <table className={classes.ranking} data-tone={tone}>
      <caption className="heard">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{share === undefined ? title : `${title} · ${share.title}`}</th>
          {columns.map((column) => <th key={column.title} scope="col" data-minor={column.isMinor}>{column.title}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            <th scope="row">
              <Link className={classes.link} href={href(row)}>{name(row)}</Link>
              <span className={classes.measure}>
                <span className={classes.track}><span className={classes.bar} style={{ width: `${Math.max(0.8, weight(row) * 100)}%` }} /></span>
                {share !== undefined && <span className={classes.share}>{share.text(row)}</span>}
              </span>
            </th>
            {columns.map((column) => <td key={column.title} data-minor={column.isMinor}>{column.cell(row)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
