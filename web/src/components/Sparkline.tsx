import { memo } from "react";
import classes from "./Sparkline.module.css";

const WIDTH = 200;
const HEIGHT = 40;
const EDGE = 3;

interface SparklineProps {
  values: readonly (number | null)[];
  tone?: "accent" | "loss";
  /** Shows what moves, not how much there is of it. */
  isZoomed?: boolean;
}

/** The course of a figure at a glance; what it says exactly stands in the chart's table. */
export const Sparkline = memo(function Sparkline({ values, tone = "accent", isZoomed = false }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <div className={classes.flat} />;
  const [low, high] = [Math.min(...known, ...(isZoomed ? [] : [0])), Math.max(...known)];
  const x = (index: number) => (index / (values.length - 1)) * WIDTH;
  const y = (value: number) => HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE);
  const points = values.flatMap((value, index) => (value === null ? [] : [[x(index), y(value)] as const]));
  const line = points.map(([px, py], index) => `${index ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  return (
    <svg className={classes.sparkline} data-tone={tone} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path className={classes.area} d={`${line}L${last} ${HEIGHT}L${first} ${HEIGHT}Z`} />
      <path className={classes.line} d={line} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
