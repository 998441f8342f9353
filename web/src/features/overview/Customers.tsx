import { Card } from "@/components/Card";
import { DownloadButton } from "@/components/DownloadButton";
import { QueryContent } from "@/components/QueryContent";
import { Ranking } from "@/components/Ranking";
import { EmptyState, LoadingLines } from "@/components/states";
import { CUSTOMERS_SHOWN, topCustomers } from "@/features/overview/requests";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatInstant, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionsLink } from "@/lib/links";
import { useFigures } from "@/lib/queries";
import classes from "./Customers.module.css";

/** Who spent most, of all time. */
export function Customers({ currency }: { currency: string }) {
  const { t: { customers: t }, locale } = useI18n();
  const query = useFigures(topCustomers(currency));
  const parameters = { currency, limit: String(CUSTOMERS_SHOWN) };
  return (
    <Card title={t.title} note={t.allTime} actions={<DownloadButton title={t.title} path="/api/reports/customers.csv" parameters={parameters} />}>
      <QueryContent query={query} loading={<LoadingLines lines={6} height={32} />}>
        {({ summary, top_customers: rows, timezone }) => rows.length === 0 ? <EmptyState icon="person" title={t.empty} /> : (
          <>
            <p className={classes.summary}>
              {t.summary(formatCount(summary.total_customers, locale), formatMoney(summary.avg_spend, currency, locale))}
            </p>
            <Ranking caption={t.title} rows={rows} rowKey={(row) => row.customer_id} title={t.customer} name={(row) => row.customer_id}
              href={(row) => transactionsLink({ customer_id: row.customer_id, currency })}
              weight={(row) => toPixels(row.total_spent) / toPixels(rows[0]?.total_spent ?? null)}
              columns={[
                { title: t.last, cell: (row) => formatInstant(row.last_transaction, "day", timezone, locale), isMinor: true },
                { title: t.count, cell: (row) => formatCount(row.transactions, locale), isMinor: true },
                { title: t.spent, cell: (row) => formatMoney(row.total_spent, currency, locale) },
              ]} />
          </>
        )}
      </QueryContent>
    </Card>
  );
}
