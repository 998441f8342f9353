/** What a chart is drawn of. */
export interface Series {
  name: string;
  /** Where pixels go; null where there is nothing. */
  values: readonly (number | null)[];
  /** What people read: exact. */
  text: (index: number) => string;
  /** A name of styles/tokens.css. */
  color: `--chart-${"1" | "2" | "3" | "mute"}`;
  shape: "area" | "line" | "dashes" | "bar";
}

export interface ChartProps {
  /** What it shows, for those who do not see it. */
  name: string;
  series: readonly Series[];
  /** Whether values are counts, so that nothing stands between one and two. */
  isCounted: boolean;
  /** How many steps there are. */
  length: number;
  /** A step's name in full. */
  label: (index: number) => string;
  /** A step's name at the axis. */
  tick: (index: number) => string;
  /** How many steps from tick to tick look right, smallest first. */
  tickSteps: readonly number[];
  /** What is behind a step. */
  href: (index: number) => string;
}
