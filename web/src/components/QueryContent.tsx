import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "@/components/states";
import classes from "./QueryContent.module.css";

interface QueryContentProps<T> {
  query: UseQueryResult<T>;
  /** In place of the answer until there is one. */
  loading: ReactNode;
  children: (answer: T) => ReactNode;
}

/** What a question was answered with; the last answer stays while the next one is on its way. */
export function QueryContent<T>({ query, loading, children }: QueryContentProps<T>) {
  if (query.data !== undefined) {
    return <div className={classes.content} data-old={query.isPlaceholderData}>{children(query.data)}</div>;
  }
  // a new error is a new element, so that its countdown begins anew
  if (query.error) return <ErrorState key={query.errorUpdatedAt} error={query.error} retry={() => void query.refetch()} />;
  return loading;
}
