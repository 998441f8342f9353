import { Card } from "@/components/Card";
import { DownloadButton } from "@/components/DownloadButton";
import { QueryContent } from "@/components/QueryContent";
import { Ranking } from "@/components/Ranking";
import { EmptyState, LoadingLines } from "@/components/states";
import { PRODUCTS_SHOWN, topProducts } from "@/features/overview/requests";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionsLink } from "@/lib/links";
import { useFigures } from "@/lib/queries";
import type { View } from "@/lib/view";

/** What sold most. */
export function Products({ view: { period, currency } }: { view: View }) {
  const { t: { products: t }, locale } = useI18n();
  const query = useFigures(topProducts(period, currency));
  const parameters = { start_date: period.start, end_date: period.end, currency, limit: String(PRODUCTS_SHOWN) };
  return (
    <Card title={t.title} actions={<DownloadButton title={t.title} path="/api/reports/top-products.csv" parameters={parameters} />}>
      <QueryContent query={query} loading={<LoadingLines lines={6} height={32} />}>
        {({ products: rows }) => rows.length === 0 ? <EmptyState title={t.empty} /> : (
          <Ranking caption={t.title} rows={rows} rowKey={(row) => row.product_id} title={t.product} name={(row) => row.product_name ?? row.product_id}
            href={(row) => transactionsLink({ product_id: row.product_id, from: period.start, to: period.end, currency })}
            weight={(row) => toPixels(row.amount) / toPixels(rows[0]?.amount ?? null)}
            columns={[
              { title: t.count, cell: (row) => formatCount(row.transactions, locale), isMinor: true },
              { title: t.amount, cell: (row) => formatMoney(row.amount, currency, locale) },
            ]} />
        )}
      </QueryContent>
    </Card>
  );
}
