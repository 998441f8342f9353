import { Link } from "wouter";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { Icon } from "@/components/Icon";
import { humanize } from "@/components/names";
import { QueryContent } from "@/components/QueryContent";
import { EmptyState, LoadingLines } from "@/components/states";
import { useTransaction } from "@/features/transactions/requests/transaction";
import { Timeline } from "@/features/transactions/Timeline";
import { TransactionStatus } from "@/features/transactions/TransactionStatus";
import { ApiError, type Schemas } from "@/lib/api";
import { formatInstant, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionsLink } from "@/lib/links";
import { useMerchant } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";
import classes from "./TransactionPage.module.css";

type Entry = Schemas["TransactionEntry"];

function Facts({ entry }: { entry: Entry }) {
  const { t: { transaction: t, names }, locale } = useI18n();
  const { timezone } = useMerchant();
  const money = (value: string) => formatMoney(value, entry.currency, locale);
  const linked = (name: "customer_id" | "product_id", text: string | null) => {
    const id = entry[name];
    return id === null ? "–" : <Link className="link" href={transactionsLink({ [name]: id })}>{text ?? id}</Link>;
  };
  const facts = [
    [t.started, formatInstant(entry.started_at, "second", timezone, locale)],
    [t.method, humanize(entry.payment_method, names)],
    [t.customer, linked("customer_id", null)],
    [t.product, linked("product_id", entry.product_name)],
    ...(entry.failure_code === null ? [] : [[t.failure, humanize(entry.failure_code, names)] as const]),
    [t.revenue, money(entry.revenue)],
    [t.refunds, money(entry.refunds)],
    [t.fees, money(entry.fees)],
    [t.net, money(entry.net_revenue)],
  ] as const;
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function Head({ entry }: { entry: Entry }) {
  const { t, locale } = useI18n();
  return (
    <header className={classes.head}>
      <h1 aria-label={`${t.transaction.title(entry.transaction_id)}, ${formatMoney(entry.amount, entry.currency, locale)}`}>
        {formatMoney(entry.amount, entry.currency, locale)}
      </h1>
      <TransactionStatus status={entry.status} />
      <p className={classes.id}>
        <span className="mono">{entry.transaction_id}</span>
        <CopyButton text={entry.transaction_id} label={t.transaction.copyId} />
      </p>
    </header>
  );
}

/** One transaction: what it is, and what happened to it. */
export default function TransactionPage({ id }: { id: string }) {
  const { t } = useI18n();
  usePageTitle(t.transaction.title(id));
  const query = useTransaction(id);
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  return (
    <>
      <p className={classes.back}><Link className="link" href="/transactions"><Icon name="left" size={15} />{t.transaction.back}</Link></p>
      {isMissing ? <EmptyState icon="search" title={t.transaction.missing} hint={t.transaction.missingHint} /> : (
        <QueryContent query={query} loading={<LoadingLines lines={8} height={36} />}>
          {(transaction) => (
            <>
              <Head entry={transaction} />
              <div className={classes.parts}>
                <Card title={t.transaction.timeline}><Timeline events={transaction.events} /></Card>
                <div className={classes.side}>
                  <Card title={t.transaction.facts}><Facts entry={transaction} /></Card>
                  {transaction.other_currencies.map((other) => (
                    <Card key={other.currency} title={other.currency} note={t.transaction.others}><Facts entry={other} /></Card>
                  ))}
                </div>
              </div>
            </>
          )}
        </QueryContent>
      )}
    </>
  );
}
