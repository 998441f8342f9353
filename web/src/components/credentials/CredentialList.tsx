import { Button } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, LoadingLines } from "@/components/states";
import { useI18n } from "@/lib/i18n";
import classes from "./CredentialList.module.css";

interface CredentialListProps<T> {
  query: UseInfiniteQueryResult<T[]>;
  label: string;
  empty: ReactNode;
  children: (item: T) => ReactNode;
}

/** All there are, a page at a time. */
export function CredentialList<T>({ query, label, empty, children }: CredentialListProps<T>) {
  const { t } = useI18n();
  if (query.data === undefined) {
    return (
      <div className={classes.card}>
        {query.error
          ? <ErrorState key={query.errorUpdatedAt} error={query.error} retry={() => void query.refetch()} />
          : <div className={classes.loading}><LoadingLines lines={6} height={36} /></div>}
      </div>
    );
  }
  return (
    <section className={classes.card} aria-label={label}>
      {query.data.length === 0 ? empty : <ul>{query.data.map(children)}</ul>}
      {query.hasNextPage && (
        <Button variant="subtle" fullWidth loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t.credentials.more}</Button>
      )}
    </section>
  );
}
