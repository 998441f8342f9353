import { Card } from "@/components/Card";
import { DownloadButton } from "@/components/DownloadButton";
import { humanize } from "@/components/names";
import { QueryContent } from "@/components/QueryContent";
import { Ranking } from "@/components/Ranking";
import { EmptyState, LoadingLines } from "@/components/states";
import { FAILURES_SHOWN, failures } from "@/features/overview/requests";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatRatio } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { transactionsLink } from "@/lib/links";
import { useFigures } from "@/lib/queries";
import type { View } from "@/lib/view";

/** Why payments failed. */
export function Failures({ view: { period, currency } }: { view: View }) {
  const { t: { failures: t, names }, locale } = useI18n();
  const query = useFigures(failures(period, currency));
  const parameters = { start_date: period.start, end_date: period.end, currency, limit: String(FAILURES_SHOWN) };
  return (
    <Card title={t.title} actions={<DownloadButton title={t.title} path="/api/reports/failures.csv" parameters={parameters} />}>
      <QueryContent query={query} loading={<LoadingLines lines={5} height={32} />}>
        {({ failures: rows }) => rows.length === 0 ? <EmptyState icon="check" title={t.empty} /> : (
          <Ranking caption={t.title} tone="loss" rows={rows} rowKey={(row) => row.failure_code ?? ""} title={t.code}
            name={(row) => (row.failure_code === null ? t.none : humanize(row.failure_code, names))}
            href={() => transactionsLink({ status: "failed", from: period.start, to: period.end, currency })}
            weight={(row) => toPixels(row.share)}
            share={{ title: t.share, text: (row) => formatRatio(row.share, locale) }}
            columns={[{ title: t.count, cell: (row) => formatCount(row.count, locale) }]} />
        )}
      </QueryContent>
    </Card>
  );
}
