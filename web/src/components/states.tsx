// What stands where something is not there: loading, nothing, or a failure.
import { Button } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { Icon, type IconName } from "@/components/Icon";
import { Skeleton } from "@/components/Skeleton";
import { ApiError } from "@/lib/api";
import { useI18n } from "@/lib/i18n";
import type { Messages } from "@/lib/i18n/en";
import classes from "./states.module.css";

/** What an error means to people. */
export function describeError(error: unknown, t: Messages): string {
  if (!(error instanceof ApiError)) return t.errors.server;
  if (error.status === null) return t.errors.network;
  if (error.status === 429) return t.errors.limitedSoon;
  if (error.status === 403) {
    return error.problem.type === "/problems/merchant-suspended" ? t.errors.suspended : t.errors.forbidden;
  }
  return error.status < 500 ? error.message : t.errors.server;
}

/** Counts down what the service asks to wait, then tries again by itself. */
function useCountdown(seconds: number | null, onEnd: () => void): number | null {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (left === null) return;
    if (left <= 0) {
      onEnd();
      return;
    }
    const timer = setTimeout(() => { setLeft(left - 1); }, 1000);
    return () => { clearTimeout(timer); };
  }, [left, onEnd]);
  return left;
}

interface ErrorStateProps {
  error: unknown;
  retry: () => void;
}

/** One part has failed; the others stand. */
export function ErrorState({ error, retry }: ErrorStateProps) {
  const { t } = useI18n();
  const wait = error instanceof ApiError && error.status === 429 ? error.retryAfter : null;
  const left = useCountdown(wait, retry);
  const requestId = error instanceof ApiError ? error.problem.request_id : undefined;
  return (
    <div className={classes.state} role="alert">
      <span className={classes.badSign}><Icon name="alert" size={22} /></span>
      <p className={classes.title}>{t.errors.title}</p>
      <p className="soft small">{left === null ? describeError(error, t) : t.errors.limited(String(left))}</p>
      {requestId !== undefined && <p className={`soft small mono ${classes.request}`}>{t.errors.request(requestId)}</p>}
      <Button variant="default" size="sm" mt="xs" onClick={retry}>{t.errors.retry}</Button>
    </div>
  );
}

interface EmptyStateProps {
  icon?: IconName;
  title: string;
  hint?: string;
  children?: ReactNode;
}

export function EmptyState({ icon = "chart", title, hint, children }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <span className={classes.sign}><Icon name={icon} size={22} /></span>
      <p className={classes.title}>{title}</p>
      {hint !== undefined && <p className="soft small">{hint}</p>}
      {children}
    </div>
  );
}

/** Grey lines in the shape of what is coming. */
export function LoadingLines({ lines, height = 22 }: { lines: number; height?: number }) {
  const { t } = useI18n();
  return (
    <div className={classes.lines} aria-busy="true">
      <span className="heard">{t.common.loading}</span>
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} height={height} />)}
    </div>
  );
}
