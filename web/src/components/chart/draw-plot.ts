import uPlot from "uplot";
import type { ChartProps, Series } from "@/components/chart/series";
import { formatTick } from "@/lib/format";

/** Where the cursor stands: over which step, and where that is. */
export interface Cursor {
  index: number;
  left: number;
  width: number;
}

const HEIGHT = 260;
const DENSE = 100;

function seriesOptions({ name, shape }: Series, color: string, length: number): uPlot.Series {
  const base = { label: name, stroke: color, width: 2, points: { show: length === 1 } };
  switch (shape) {
    case "area":
      return { ...base, fill: `color-mix(in srgb, ${color} 12%, transparent)` };
    case "line":
      return base;
    case "dashes":
      return { ...base, width: 1.5, dash: [5, 5] };
    case "bar": {
      const paths = uPlot.paths.bars?.({ size: [length > DENSE ? 0.9 : 0.68, 44], radius: length > DENSE ? 0 : 0.18 });
      return { ...base, fill: color, width: 0, ...(paths ? { paths } : {}), points: { show: false } };
    }
  }
}

function axes(place: HTMLElement, chart: () => ChartProps, locale: string): uPlot.Axis[] {
  const styles = getComputedStyle(place);
  const token = (name: string) => styles.getPropertyValue(name).trim();
  const font = `12px ${styles.fontFamily}`;
  const common = { stroke: token("--ink-soft"), font, ticks: { show: false } };
  return [
    {
      ...common, grid: { show: false }, size: 28, gap: 8, space: 64, incrs: [...chart().tickSteps],
      values: (_plot, splits) => splits.map((at) => (at >= 0 && at < chart().length ? chart().tick(at) : "")),
    },
    {
      ...common, grid: { stroke: token("--line"), width: 1 }, size: 52, gap: 6, space: 36,
      values: (_plot, splits) =>
        splits.map((value) => (chart().isCounted && !Number.isInteger(value) ? "" : formatTick(value, locale))),
    },
  ];
}

const dataOf = ({ series, length }: ChartProps): uPlot.AlignedData => [
  Array.from({ length }, (_, index) => index),
  ...series.map(({ values }) => Array.from({ length }, (_, index) => values[index] ?? null)),
];

/**
 * Draws a chart that fills its place and says where the cursor is.
 *
 * `update` draws it with other values, `point` moves the cursor to a step or away.
 */
export function drawPlot(
  place: HTMLElement,
  chart: () => ChartProps,
  locale: string,
  onCursor: (cursor: Cursor | null) => void,
) {
  const styles = getComputedStyle(place);
  const { series, length } = chart();
  const tell = (plot: uPlot) => {
    const index = plot.cursor.idx;
    const isOver = index !== null && index !== undefined && (plot.cursor.left ?? -1) >= 0;
    const origin = plot.over.offsetLeft;
    onCursor(isOver ? { index, left: origin + plot.valToPos(index, "x"), width: place.clientWidth } : null);
  };
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      padding: [10, 6, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: 8 } },
      scales: {
        x: { time: false, range: (_plot, low, high) => [low - 0.5, high + 0.5] },
        y: { range: (_plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.06 : 1] },
      },
      axes: axes(place, chart, locale),
      series: [{}, ...series.map((one) => seriesOptions(one, styles.getPropertyValue(one.color).trim(), length))],
      hooks: { setCursor: [tell] },
    },
    dataOf(chart()),
    place,
  );
  const resizing = new ResizeObserver(() => { plot.setSize({ width: place.clientWidth, height: HEIGHT }); });
  resizing.observe(place);
  return {
    update: () => { plot.setData(dataOf(chart())); },
    point: (index: number | null) => {
      plot.setCursor({ left: index === null ? -10 : plot.valToPos(index, "x"), top: index === null ? -10 : 10 });
    },
    destroy: () => {
      resizing.disconnect();
      plot.destroy();
    },
  };
}
