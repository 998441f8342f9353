import { Button } from "@mantine/core";
import { useSearchParams } from "wouter";
import { DownloadButton } from "@/components/DownloadButton";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryContent } from "@/components/QueryContent";
import { EmptyState, LoadingLines } from "@/components/states";
import { FilterBar } from "@/features/transactions/FilterBar";
import { readFilters, toQuery, writeFilters, type Filters } from "@/features/transactions/filters";
import { PAGE, useTransactions } from "@/features/transactions/requests/transactions";
import { TransactionList } from "@/features/transactions/TransactionList";
import type { Schemas } from "@/lib/api";
import { useI18n } from "@/lib/i18n";
import { useMerchant, useToday } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";
import classes from "./TransactionsPage.module.css";

interface PagesProps {
  filters: Filters;
  page: Schemas["TransactionPage"];
  go: (place: Pick<Filters, "after" | "before">) => void;
}

/** To newer and older ones. */
function Pages({ filters, page, go }: PagesProps) {
  const { t } = useI18n();
  const isBackward = filters.before !== null && filters.after === null;
  const hasNewer = isBackward ? page.has_more : filters.after !== null;
  const hasOlder = isBackward || page.has_more;
  if (!hasNewer && !hasOlder) return null;
  return (
    <nav className={classes.pages} aria-label={t.list.pages}>
      <Button variant="default" disabled={!hasNewer} leftSection={<Icon name="left" size={16} />}
        onClick={() => { go({ after: null, before: page.previous_cursor }); }}>{t.list.newer}</Button>
      {page.data.length < PAGE && page.has_more && <span className="soft small">{t.list.partial}</span>}
      <Button variant="default" disabled={!hasOlder} rightSection={<Icon name="right" size={16} />}
        onClick={() => { go({ after: page.next_cursor, before: null }); }}>{t.list.older}</Button>
    </nav>
  );
}

/** The merchant's transactions, the newest first. */
export default function TransactionsPage() {
  const { t } = useI18n();
  usePageTitle(t.list.title);
  const { timezone } = useMerchant();
  const today = useToday(timezone);
  const [params, setParams] = useSearchParams();
  const filters = readFilters(params);
  const query = useTransactions(filters, today);
  const change = (changes: Partial<Filters>) => {
    setParams(writeFilters({ ...filters, after: null, before: null, ...changes }), { replace: changes.search !== undefined });
  };
  const go = (place: Pick<Filters, "after" | "before">) => {
    change(place);
    window.scrollTo(0, 0);
  };
  return (
    <>
      <PageHeader title={t.list.title}>
        <DownloadButton title={t.list.title} path="/api/reports/transactions.csv" parameters={toQuery(filters, today)} />
      </PageHeader>
      <FilterBar filters={filters} today={today} change={change} />
      <section className={classes.card} aria-label={t.list.caption}>
        <QueryContent query={query} loading={<LoadingLines lines={10} height={28} />}>
          {(page) => (
            <>
              {page.data.length === 0
                ? <EmptyState icon="transactions" title={t.list.empty} hint={t.list.emptyHint} />
                : <TransactionList rows={page.data} timezone={page.timezone} />}
              <Pages filters={filters} page={page} go={go} />
            </>
          )}
        </QueryContent>
      </section>
    </>
  );
}
