import { Card } from "@/components/Card";
import { DownloadButton } from "@/components/DownloadButton";
import { humanize } from "@/components/names";
import { QueryContent } from "@/components/QueryContent";
import { Ranking } from "@/components/Ranking";
import { EmptyState, LoadingLines } from "@/components/states";
import { paymentMethods } from "@/features/overview/requests";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatMoney, formatRatio } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionsLink } from "@/lib/links";
import { useFigures } from "@/lib/queries";
import type { View } from "@/lib/view";

/** What was paid how. */
export function Methods({ view: { period, currency } }: { view: View }) {
  const { t: { methods: t, names }, locale } = useI18n();
  const query = useFigures(paymentMethods(period, currency));
  const parameters = { start_date: period.start, end_date: period.end, currency };
  return (
    <Card title={t.title} actions={<DownloadButton title={t.title} path="/api/reports/payment-methods.csv" parameters={parameters} />}>
      <QueryContent query={query} loading={<LoadingLines lines={5} height={32} />}>
        {({ payment_methods: rows }) => rows.length === 0 ? <EmptyState title={t.empty} /> : (
          <Ranking caption={t.title} rows={rows} rowKey={(row) => row.method} title={t.method} name={(row) => humanize(row.method, names)}
            href={(row) => transactionsLink({ payment_method: row.method, from: period.start, to: period.end, currency })}
            weight={(row) => toPixels(row.share)} share={{ title: t.share, text: (row) => formatRatio(row.share, locale) }}
            columns={[
              { title: t.amount, cell: (row) => formatMoney(row.amount, currency, locale) },
              { title: t.rate, cell: (row) => formatRatio(row.success_rate, locale), isMinor: true },
              { title: t.count, cell: (row) => formatCount(row.count, locale), isMinor: true },
            ]} />
        )}
      </QueryContent>
    </Card>
  );
}
