// Loaded after the page: the drawing itself, and the cursor over it.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import "uplot/dist/uPlot.min.css";
import { useLocation } from "wouter";
import type { ChartProps } from "@/components/chart/series";
import { drawPlot, type Cursor } from "@/components/chart/draw-plot";
import { useI18n } from "@/lib/i18n";
import classes from "./Plot.module.css";

function Tooltip({ chart, cursor }: { chart: ChartProps; cursor: Cursor }) {
  const side = cursor.left > cursor.width / 2 ? classes.before : classes.after;
  return (
    <div className={`${classes.tooltip} ${side}`} style={{ left: cursor.left }}>
      <p className={classes.label}>{chart.label(cursor.index)}</p>
      {chart.series.map(({ name, color, text, values }) =>
        cursor.index < values.length && (
          <p key={name} className={classes.value}>
            <span className={classes.swatch} style={{ background: `var(${color})` }} />
            <span className="soft">{name}</span>
            <span className={classes.number}>{text(cursor.index)}</span>
          </p>
        ))}
    </div>
  );
}

export default function Plot({ chart }: { chart: ChartProps }) {
  const { locale, t } = useI18n();
  const [, navigate] = useLocation();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<ReturnType<typeof drawPlot>>(null);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const current = useEffectEvent(() => chart);

  const structure = chart.series.map(({ shape, color }) => shape + color).join() + String(chart.length) + locale;
  useEffect(() => {
    if (!place.current) return;
    const drawn = drawPlot(place.current, current, locale, setCursor);
    plot.current = drawn;
    return () => {
      plot.current = null;
      drawn.destroy();
    };
  }, [structure, scheme, locale]);
  useEffect(() => {
    plot.current?.update();
  }, [chart]);

  const last = chart.length - 1;
  const index = Math.min(cursor?.index ?? last, last);
  const text = chart.series.map((series) => (index < series.values.length ? `${series.name} ${series.text(index)}` : "")).join(", ");
  return (
    <div className={classes.plot}>
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions --
          the slider below takes the keys */}
      <div ref={place} className={classes.canvas} onClick={() => { if (cursor) navigate(chart.href(cursor.index)); }} />
      <input type="range" className={classes.keys} min={0} max={last} value={index} aria-label={`${chart.name}. ${t.charts.help}`}
        aria-valuetext={`${chart.label(index)}: ${text}`}
        onChange={(event) => plot.current?.point(Number(event.target.value))}
        onFocus={() => plot.current?.point(index)}
        onBlur={() => plot.current?.point(null)}
        onKeyDown={(event) => { if (event.key === "Enter") navigate(chart.href(index)); }}
      />
      {cursor && cursor.index <= last && <Tooltip chart={chart} cursor={cursor} />}
    </div>
  );
}
