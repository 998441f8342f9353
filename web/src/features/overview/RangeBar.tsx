import { PeriodMenu } from "@/components/PeriodMenu";
import { Segmented } from "@/components/Segmented";
import { Toggle } from "@/components/Toggle";
import type { Day } from "@/lib/days";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { presetPeriod } from "@/lib/ranges";
import { canBeHourly, type View } from "@/lib/view";
import classes from "./RangeBar.module.css";

interface RangeBarProps {
  view: View;
  today: Day;
  change: (changes: Partial<View>) => void;
}

/** What is looked at: days, steps, currency, and whether the days before are drawn, too. */
export function RangeBar({ view, today, change }: RangeBarProps) {
  const { t } = useI18n();
  const { currencies } = useMerchant();
  const steps = [
    { value: "daily" as const, label: t.range.daily },
    { value: "hourly" as const, label: t.range.hourly, disabled: !canBeHourly(view.period) },
  ];
  return (
    <div className={classes.bar} role="group" aria-label={t.range.label}>
      <PeriodMenu range={view.range} period={view.period} today={today}
        onPreset={(range) => {
          const period = presetPeriod(range, today);
          change({ range, period, granularity: period.start === period.end ? "hourly" : "daily" });
        }}
        onCustom={(period) => { change({ range: "custom", period, granularity: period.start === period.end ? "hourly" : "daily" }); }} />
      <Segmented label={t.range.granularity} value={view.granularity} choices={steps} onChange={(granularity) => { change({ granularity }); }} />
      {currencies.length > 1 && (
        <Segmented label={t.range.currency} value={view.currency} choices={currencies.map((code) => ({ value: code, label: code }))}
          onChange={(currency) => { change({ currency }); }} />
      )}
      <Toggle label={t.range.compare} title={t.range.compareHint} isOn={view.isCompared} onChange={(isCompared) => { change({ isCompared }); }} />
    </div>
  );
}
