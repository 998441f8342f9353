import { lazy, Suspense, useState } from "react";
import { Icon } from "@/components/Icon";
import { Panel } from "@/components/Panel";
import { LoadingLines } from "@/components/states";
import { formatDays, type Day } from "@/lib/days";
import { useI18n } from "@/lib/i18n";
import { PRESETS, type Period, type Preset } from "@/lib/ranges";
import classes from "./PeriodMenu.module.css";

const DayPicker = lazy(() => import("@/components/DayPicker"));

interface PeriodMenuProps {
  range: Preset | "custom" | "all";
  period: Period | null;
  today: Day;
  onPreset: (preset: Preset) => void;
  onCustom: (period: Period) => void;
  /** Offers to look at all days, too. */
  onAll?: () => void;
}

/** The days that are looked at: usual ones, or any. */
export function PeriodMenu({ range, period, today, onPreset, onCustom, onAll }: PeriodMenuProps) {
  const { t, locale } = useI18n();
  const [isOpen, setOpen] = useState(false);
  const [isPicking, setPicking] = useState(false);
  const choose = (action: () => void) => () => {
    setOpen(false);
    action();
  };
  const toggle = (opened: boolean) => {
    setPicking(false);
    setOpen(opened);
  };
  const name = range === "all" ? t.list.allTime : t.range[range];
  const item = (key: string, label: string, isChosen: boolean, action: () => void) => (
    <button key={key} type="button" className={`bare ${classes.item}`} aria-pressed={isChosen} onClick={action}>
      {label}
      {isChosen && <Icon name="check" size={16} />}
    </button>
  );
  return (
    <Panel isOpen={isOpen} onChange={toggle} title={t.range.label} buttonClass={classes.target} panelClass={classes.dropdown} side="start"
      button={
        <>
          <Icon name="calendar" size={17} />
          <span className="heard">{t.range.label}: </span>
          <span>{name}</span>
          {period && <span className={classes.days}>{formatDays(period.start, period.end, locale)}</span>}
          <Icon name="chevron" size={15} />
        </>
      }>
      {isPicking ? (
        <Suspense fallback={<LoadingLines lines={8} />}>
          <DayPicker period={period} today={today} onChosen={(chosen) => { choose(() => { onCustom(chosen); })(); }} />
        </Suspense>
      ) : (
        <>
          {onAll && item("all", t.list.allTime, range === "all", choose(onAll))}
          {PRESETS.map((preset) => item(preset, t.range[preset], range === preset, choose(() => { onPreset(preset); })))}
          {item("custom", `${t.range.customPick} …`, range === "custom", () => { setPicking(true); })}
        </>
      )}
    </Panel>
  );
}
