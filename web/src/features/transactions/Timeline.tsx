import { Icon, type IconName } from "@/components/Icon";
import { humanize } from "@/components/names";
import type { Schemas } from "@/lib/api";
import { sign } from "@/lib/decimal";
import { formatInstant, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import classes from "./Timeline.module.css";

type Event = Schemas["TransactionEvent"];

const LOOK: Record<Event["event_type"], { icon: IconName; tone: string }> = {
  payment_created: { icon: "plus", tone: "mute" },
  payment_succeeded: { icon: "check", tone: "good" },
  payment_failed: { icon: "close", tone: "bad" },
  payment_refunded: { icon: "refund", tone: "warn" },
};

function Moment({ event }: { event: Event }) {
  const { t, locale } = useI18n();
  const { timezone } = useMerchant();
  const { icon, tone } = LOOK[event.event_type];
  const when = (instant: string) => formatInstant(instant, "second", timezone, locale);
  const details = [
    event.failure_code === null ? null : humanize(event.failure_code, t.names),
    sign(event.fee) === 0 ? null : t.transaction.fee(formatMoney(event.fee, event.currency, locale)),
    humanize(event.payment_method, t.names),
  ].filter((detail) => detail !== null);
  return (
    <li className={classes.moment}>
      <span className={classes.sign} data-tone={tone}><Icon name={icon} size={16} /></span>
      <div className={classes.line}>
        <h3>{t.events[event.event_type]}</h3>
        <span className={classes.amount}>{formatMoney(event.amount, event.currency, locale)}</span>
      </div>
      <p className="soft small"><time dateTime={event.occurred_at}>{when(event.occurred_at)}</time> · {details.join(" · ")}</p>
      <details className={classes.more}>
        <summary>{t.transaction.facts}</summary>
        <dl>
          <div><dt>{t.transaction.eventId}</dt><dd className="mono">{event.event_id}</dd></div>
          {event.idempotency_key !== null && <div><dt>{t.transaction.idempotency}</dt><dd className="mono">{event.idempotency_key}</dd></div>}
        </dl>
        <p>{t.transaction.received(when(event.received_at))}</p>
      </details>
    </li>
  );
}

/** What happened to a transaction, in its order. */
export function Timeline({ events }: { events: readonly Event[] }) {
  return <ol className={classes.timeline}>{events.map((event) => <Moment key={event.event_id} event={event} />)}</ol>;
}
