import { useState } from "react";
import { Card } from "@/components/Card";
import { Chart, ChartSkeleton } from "@/components/chart/Chart";
import type { Series } from "@/components/chart/series";
import { TableSwitch } from "@/components/chart/TableSwitch";
import { DownloadButton } from "@/components/DownloadButton";
import { QueryContent } from "@/components/QueryContent";
import { axisOf, begun } from "@/features/overview/axis";
import { analytics } from "@/features/overview/requests";
import type { Schemas } from "@/lib/api";
import { toPixels } from "@/lib/decimal";
import { formatCount, formatMoney } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import type { Messages } from "@/lib/i18n/en";
import { useMerchant } from "@/lib/merchant";
import { useFigures } from "@/lib/queries";
import { previousPeriod } from "@/lib/ranges";
import type { View } from "@/lib/view";

type Buckets = Schemas["Bucket"][];
type Amounts = "revenue" | "net_revenue" | "successful" | "failed";

function line(data: Buckets, field: Amounts, look: Pick<Series, "name" | "color" | "shape">, write: (value: string) => string): Series {
  return { ...look, values: data.map((bucket) => toPixels(bucket[field])), text: (index) => write(data[index]?.[field] ?? "0") };
}

interface Written {
  t: Messages["charts"];
  money: (value: string) => string;
  count: (value: string) => string;
}

/** What is drawn of the buckets, by chart. */
const CHARTS = {
  revenue: (data: Buckets, before: Buckets | undefined, { t, money }: Written) => [
    ...(before ? [line(before, "revenue", { name: t.previous, color: "--chart-mute", shape: "dashes" }, money)] : []),
    line(data, "revenue", { name: t.gross, color: "--chart-1", shape: "area" }, money),
    line(data, "net_revenue", { name: t.net, color: "--chart-2", shape: "line" }, money),
  ],
  volume: (data: Buckets, before: Buckets | undefined, { t, count }: Written) => [
    // failed ones stand on top of the others: their bar begins behind them
    {
      ...line(data, "failed", { name: t.failed, color: "--chart-3", shape: "bar" }, count),
      values: data.map(({ transactions }) => toPixels(transactions)),
    } satisfies Series,
    line(data, "successful", { name: t.succeeded, color: "--chart-1", shape: "bar" }, count),
    ...(before ? [line(before, "successful", { name: t.previous, color: "--chart-mute", shape: "dashes" }, count)] : []),
  ],
};

/** A chart of the period, day by day or hour by hour. */
export function OverTime({ what, view }: { what: keyof typeof CHARTS; view: View }) {
  const { t, locale } = useI18n();
  const { timezone } = useMerchant();
  const [isTable, setTable] = useState(false);
  const { period, granularity, currency } = view;
  const query = useFigures(analytics(period, granularity, currency));
  const before = useFigures(analytics(previousPeriod(period, view.range), granularity, currency), { enabled: view.isCompared }).data;
  const title = t.charts[what];
  const parameters = { start_date: period.start, end_date: period.end, granularity, currency };
  const written = {
    t: t.charts,
    money: (value: string) => formatMoney(value, currency, locale),
    count: (value: string) => formatCount(value, locale),
  };
  const actions = (
    <>
      <TableSwitch isTable={isTable} onChange={setTable} title={title} />
      <DownloadButton title={title} path="/api/reports/analytics.csv" parameters={parameters} />
    </>
  );
  return (
    <Card title={title} actions={actions}>
      <QueryContent query={query} loading={<ChartSkeleton />}>
        {({ data, as_of }) => (
          <Chart name={title} isTable={isTable} length={data.length} isCounted={what === "volume"} {...axisOf(data, currency, timezone, locale)}
            series={CHARTS[what](begun(data, as_of), view.isCompared ? before?.data : undefined, written)} />
        )}
      </QueryContent>
    </Card>
  );
}
