import { useMemo, type CSSProperties } from "react";
import { Definition } from "@/components/Definition";
import { Growth, type GrowthProps } from "@/components/Growth";
import { QueryContent } from "@/components/QueryContent";
import { Skeleton } from "@/components/Skeleton";
import { Sparkline } from "@/components/Sparkline";
import { begun } from "@/features/overview/axis";
import { analytics, overview } from "@/features/overview/requests";
import { compare, movementOf, WANTED, type FigureName } from "@/features/overview/growth";
import type { Schemas } from "@/lib/api";
import { formatDays, type Day } from "@/lib/days";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatMoney, formatRatio } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useFigures } from "@/lib/queries";
import { growthPeriods, type Period } from "@/lib/ranges";
import type { View } from "@/lib/view";
import classes from "./KeyFigures.module.css";

type Figures = Partial<Record<FigureName, string | null>>;

const NAMES: readonly FigureName[] = [
  "revenue", "net_revenue", "transactions", "success_rate", "avg_transaction", "customers", "fees", "refunds",
];

/** A figure as it is written: money, a share, or a number. */
function useFigureText(currency: string) {
  const { locale } = useI18n();
  return (name: FigureName, value: string | null | undefined) => {
    if (value === undefined) return null;
    if (name === "success_rate") return formatRatio(value, locale);
    if (value === null) return "–";
    return name === "transactions" || name === "customers" ? formatCount(value, locale) : formatMoney(value, currency, locale);
  };
}

/** How each figure has moved: against the days before; today alone hour by hour, as the API tells it. */
function useGrowth(view: View, today: Day) {
  const { t, locale } = useI18n();
  const text = useFigureText(view.currency);
  const periods = growthPeriods(view.period, view.range, today);
  const [completed, before] = periods ?? [view.period, view.period];
  const enabled = periods !== null;
  const now = useFigures(analytics(completed, "daily", view.currency), { enabled }).data?.totals;
  const then = useFigures(analytics(before, "daily", view.currency), { enabled }).data?.totals;
  const hours = useFigures(overview(view.currency)).data?.today;
  return (name: FigureName): GrowthProps | null => {
    const wanted = WANTED[name];
    if (enabled) {
      const movement = now && then && compare(name, now, then, locale, t.kpi.points);
      if (!movement) return null;
      const said = ({ start, end }: Period, totals: Schemas["Totals"]) =>
        `${formatDays(start, end, locale)}: ${text(name, totals[name]) ?? ""}`;
      return { ...movement, wanted, explanation: t.kpi.against(said(completed, now), said(before, then)) };
    }
    const percent = name === "revenue" ? hours?.revenue_growth : name === "transactions" ? hours?.transaction_growth : null;
    return percent ? { ...movementOf(percent, locale), wanted, explanation: t.kpi.againstHours } : null;
  };
}

interface FigureProps {
  name: FigureName;
  value: string | null;
  note: string | null;
  growth: GrowthProps | null;
  course: readonly (number | null)[];
  today: string | null;
  month: string | null;
}

function Figure({ name, value, note, growth, course, today, month }: FigureProps) {
  const { t } = useI18n();
  const title = t.measures[name];
  return (
    <li className={classes.figure}>
      <div className={classes.head}>
        <h3 className={classes.name}>{title}</h3>
        <Definition measure={name} name={title} />
      </div>
      <p className={classes.value}>{value}{note !== null && <span className={classes.note}>{note}</span>}</p>
      <p className={classes.growth}>
        {growth ? <Growth {...growth} /> : <span className="soft small" title={t.kpi.noComparison}>–</span>}
      </p>
      <div className={classes.course}><Sparkline values={course} tone={name === "refunds" ? "loss" : "accent"} isZoomed={name === "success_rate"} /></div>
      <dl className={classes.also}>
        <div><dt>{t.kpi.today}</dt><dd>{today ?? "–"}</dd></div>
        <div><dt>{t.kpi.month}</dt><dd>{month ?? "–"}</dd></div>
      </dl>
    </li>
  );
}

const NOTHING: Schemas["Bucket"][] = [];

/** Each figure's course, to be drawn. */
function useCourses(data: Schemas["Bucket"][] = NOTHING, asOf = "") {
  return useMemo(() => {
    const drawn = begun(data, asOf);
    const course = (name: FigureName) => drawn.map(({ [name]: value }) => (value === null ? null : toPixels(value)));
    return Object.fromEntries(NAMES.map((name) => [name, course(name)])) as Record<FigureName, (number | null)[]>;
  }, [data, asOf]);
}

/** How many characters the longest has: all are written so large that it fits. */
const longest = (texts: readonly (string | null)[]) => Math.max(...texts.map((text) => text?.length ?? 0));

/** What the period brought, figure by figure. */
export function KeyFigures({ view, today }: { view: View; today: Day }) {
  const { t, locale } = useI18n();
  const query = useFigures(analytics(view.period, view.granularity, view.currency));
  const now = useFigures(overview(view.currency)).data;
  const courses = useCourses(query.data?.data, query.data?.as_of);
  const text = useFigureText(view.currency);
  const growthOf = useGrowth(view, today);
  const [day, month]: [Figures | undefined, Figures | undefined] = [now?.today, now?.month];
  const note = (totals: Schemas["Totals"], name: FigureName) =>
    name === "customers" ? t.kpi.newCount(formatCount(totals.new_customers, locale)) : null;
  return (
    <section className={classes.sheet} aria-label={t.kpi.title}>
      <h2 className="heard">{t.kpi.title}</h2>
      <QueryContent query={query} loading={<LoadingFigures />}>
        {({ totals }) => (
          <ul className={classes.figures} style={{ "--characters": longest(NAMES.map((name) => text(name, totals[name]))) } as CSSProperties}>
            {NAMES.map((name) => (
              <Figure key={name} name={name} value={text(name, totals[name])} note={note(totals, name)} growth={growthOf(name)}
                course={courses[name]} today={text(name, day?.[name])} month={text(name, month?.[name])} />
            ))}
          </ul>
        )}
      </QueryContent>
    </section>
  );
}

function LoadingFigures() {
  const { t } = useI18n();
  return (
    <ul className={classes.figures} aria-busy="true">
      {NAMES.map((name) => (
        <li key={name} className={classes.figure}>
          <div className={classes.head}><span className={classes.name}>{t.measures[name]}</span></div>
          <span className="heard">{t.common.loading}</span>
          <div className={classes.value}><Skeleton height={30} width="70%" /></div>
          <div className={classes.growth}><Skeleton height={22} width="64px" /></div>
          <div className={classes.course}><Skeleton height={40} /></div>
          <div className={classes.also}><Skeleton height={36} width="80%" /></div>
        </li>
      ))}
    </ul>
  );
}
