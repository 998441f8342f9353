import { Hint } from "@/components/Hint";
import { useI18n } from "@/lib/i18n";
import { formatInstant } from "@/lib/format";
import { useLive } from "@/lib/live-context";
import { useMerchant } from "@/lib/merchant";
import classes from "./LiveBadge.module.css";

/** Whether what is seen is what is so. */
export function LiveBadge() {
  const { t, locale } = useI18n();
  const { timezone } = useMerchant();
  const { kind, since } = useLive();
  const text = kind === "stale" && since !== null
    ? t.live.stale(formatInstant(new Date(since).toISOString(), "clock", timezone, locale))
    : t.live[kind === "stale" ? "reconnecting" : kind];
  const hint = kind === "live" ? t.live.liveHint : t.live.staleHint;
  return (
    <>
      <Hint className={classes.badge} label={`${text}. ${hint}`} target={<><span className={classes.dot} data-kind={kind} /><span className={classes.text}>{text}</span></>}>
        {hint}
      </Hint>
      <span className="heard" role="status">{text}</span>
    </>
  );
}
