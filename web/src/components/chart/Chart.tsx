import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { Skeleton } from "@/components/Skeleton";
import type { ChartProps } from "@/components/chart/series";
import { useI18n } from "@/lib/i18n";
import classes from "./Chart.module.css";

const Plot = lazy(() => import("@/components/chart/Plot"));

export const ChartSkeleton = () => <Skeleton height={260} />;

function Legend({ series }: Pick<ChartProps, "series">) {
  return (
    <ul className={classes.legend}>
      {series.map(({ name, color, shape }) => (
        <li key={name}>
          <span className={classes.key} data-shape={shape} style={{ color: `var(${color})` }} />
          {name}
        </li>
      ))}
    </ul>
  );
}

function ChartTable({ name, series, length, label, href }: ChartProps) {
  const { t } = useI18n();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={name}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t.range.label}</th>
            {series.map((one) => <th key={one.name} scope="col">{one.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length }, (_, index) => (
            <tr key={label(index)}>
              <th scope="row"><Link className="link" href={href(index)}>{label(index)}</Link></th>
              {series.map((one) => <td key={one.name}>{index < one.values.length ? one.text(index) : ""}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Figures over time, drawn or as a table. */
export function Chart({ isTable, ...chart }: ChartProps & { isTable: boolean }) {
  return (
    <>
      <Legend series={chart.series} />
      {isTable ? <ChartTable {...chart} /> : <Suspense fallback={<ChartSkeleton />}><Plot chart={chart} /></Suspense>}
    </>
  );
}
