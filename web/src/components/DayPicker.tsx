// Loaded when somebody chooses days of their own.
import "@mantine/dates/styles.layer.css";
import { Button } from "@mantine/core";
import { DatePicker } from "@mantine/dates";
import dayjs from "dayjs";
import "dayjs/locale/fr";
import { useState } from "react";
import { countDays, formatDays, type Day } from "@/lib/days";
import { useI18n } from "@/lib/i18n";
import { MAX_DAYS, type Period } from "@/lib/ranges";
import classes from "./DayPicker.module.css";

interface DayPickerProps {
  period: Period | null;
  today: Day;
  onChosen: (period: Period) => void;
}

/** Two days of a calendar, and all between them. */
export default function DayPicker({ period, today, onChosen }: DayPickerProps) {
  const { t, language, locale } = useI18n();
  const [[start, end], setDays] = useState<[Day | null, Day | null]>([period?.start ?? null, period?.end ?? null]);
  const chosen = start !== null && end !== null ? { start, end } : null;
  const isTooLong = chosen !== null && countDays(chosen.start, chosen.end) > MAX_DAYS;
  return (
    <div className={classes.picker}>
      <DatePicker type="range" allowSingleDateInRange locale={dayjs.Ls[language] ? language : "en"} firstDayOfWeek={1} weekendDays={[]} hideOutsideDates
        ariaLabels={{ previousMonth: t.range.previousMonth, nextMonth: t.range.nextMonth }} maxDate={today}
        value={[start, end]} onChange={setDays} defaultDate={end ?? today} aria-label={t.range.customPick} />
      <p className={classes.chosen} aria-live="polite">
        {isTooLong ? t.range.tooLong : chosen && formatDays(chosen.start, chosen.end, locale)}
      </p>
      <Button fullWidth disabled={chosen === null || isTooLong} onClick={() => { if (chosen) onChosen(chosen); }}>
        {t.range.apply}
      </Button>
    </div>
  );
}
