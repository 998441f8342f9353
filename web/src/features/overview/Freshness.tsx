import { Hint } from "@/components/Hint";
import { overview } from "@/features/overview/requests";
import { formatInstant } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { useFigures } from "@/lib/queries";
import classes from "./OverviewPage.module.css";

/** In which zone the days are, and up to when the figures go. */
export function Freshness({ currency }: { currency: string }) {
  const { t, locale } = useI18n();
  const { timezone } = useMerchant();
  const asOf = useFigures(overview(currency)).data?.as_of;
  const zone = t.range.zone(timezone);
  if (asOf === undefined) return <span>{zone}</span>;
  const time = t.live.asOf(formatInstant(asOf, "time", timezone, locale));
  return (
    <>
      <span>{zone}</span> <Hint className={classes.fresh} label={`${time}. ${t.live.asOfHint}`} target={time}>{t.live.asOfHint}</Hint>
    </>
  );
}
