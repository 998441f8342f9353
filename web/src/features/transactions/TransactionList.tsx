import { useMediaQuery } from "@mantine/hooks";
import { Link } from "wouter";
import { humanize } from "@/components/names";
import { TransactionStatus } from "@/features/transactions/TransactionStatus";
import type { Schemas } from "@/lib/api";
import { formatInstant, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionLink } from "@/lib/links";
import classes from "./TransactionList.module.css";

interface ListProps {
  rows: readonly Schemas["TransactionEntry"][];
  timezone: string;
}

const rowKey = (row: Schemas["TransactionEntry"]) => `${row.transaction_id} ${row.currency}`;

function Narrow({ rows, timezone }: ListProps) {
  const { t, locale } = useI18n();
  return (
    <ul className={classes.list}>
      {rows.map((row) => (
        <li key={rowKey(row)}>
          <Link href={transactionLink(row.transaction_id)} className={classes.item}>
            <span className={classes.amount}>{formatMoney(row.amount, row.currency, locale)}</span>
            <TransactionStatus status={row.status} />
            <span className={`${classes.what} truncate`}>{row.product_name ?? row.product_id ?? row.transaction_id}</span>
            <span className="soft small">{humanize(row.payment_method, t.names)}</span>
            <span className={`${classes.id} soft truncate`}>{row.transaction_id}</span>
            <time className="soft small" dateTime={row.started_at}>{formatInstant(row.started_at, "minute", timezone, locale)}</time>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Wide({ rows, timezone }: ListProps) {
  const { t, locale } = useI18n();
  return (
    <table className={classes.table} aria-label={t.list.caption}>
      <thead>
        <tr>
          <th scope="col">{t.list.started}</th>
          <th scope="col">{t.list.id}</th>
          <th scope="col">{t.list.customer}</th>
          <th scope="col">{t.list.product}</th>
          <th scope="col">{t.list.method}</th>
          <th scope="col">{t.list.status}</th>
          <th scope="col" className={classes.number}>{t.list.amount}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            <td className="soft"><time dateTime={row.started_at}>{formatInstant(row.started_at, "minute", timezone, locale)}</time></td>
            <th scope="row" className={classes.cut}>
              <Link className={`${classes.link} mono`} href={transactionLink(row.transaction_id)}>{row.transaction_id}</Link>
            </th>
            <td className={classes.cut}>{row.customer_id ?? "–"}</td>
            <td className={classes.cut}>{row.product_name ?? row.product_id ?? "–"}</td>
            <td>{humanize(row.payment_method, t.names)}</td>
            <td><TransactionStatus status={row.status} /></td>
            <td className={classes.number}>{formatMoney(row.amount, row.currency, locale)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Transactions as a table, or on a phone one below the other. */
export function TransactionList(props: ListProps) {
  const isWide = useMediaQuery("(min-width: 60rem)", undefined, { getInitialValueInEffect: false });
  return isWide ? <Wide {...props} /> : <Narrow {...props} />;
}
