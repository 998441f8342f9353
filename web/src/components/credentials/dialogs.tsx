// What one is asked, told and shown about a credential.
import { Alert, Button, Modal, NativeSelect } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { CopyTextButton } from "@/components/CopyButton";
import { useReturnedFocus } from "@/components/credentials/useReturnedFocus";
import { describeError, ErrorState, LoadingLines } from "@/components/states";
import type { Schemas } from "@/lib/api";
import { formatInstant } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import classes from "./dialogs.module.css";

interface AskProps {
  title: string;
  hint?: string;
  action: string;
  isDangerous?: boolean;
  isBusy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** Asks before it is done; stays open, with the reason, when it could not be. */
export function AskDialog({ title, hint, action, isDangerous = false, isBusy, error, onConfirm, onClose, children }: AskProps) {
  const { t } = useI18n();
  useReturnedFocus();
  return (
    <Modal opened onClose={onClose} title={title} centered closeButtonProps={{ "aria-label": t.credentials.close }}>
      <form onSubmit={(event) => { event.preventDefault(); onConfirm(); }}>
        {hint !== undefined && <p className={classes.hint}>{hint}</p>}
        {children}
        {error !== null && <Alert color="red" mt="md" title={t.errors.save} role="alert">{describeError(error, t)}</Alert>}
        <div className={classes.actions}>
          <Button variant="default" onClick={onClose}>{t.credentials.cancel}</Button>
          <Button type="submit" loading={isBusy} {...(isDangerous ? { color: "red" } : {})}>{action}</Button>
        </div>
      </form>
    </Modal>
  );
}

const OVERLAPS = [["day", 86_400], ["hour", 3600], ["week", 604_800], ["now", 0]] as const;

interface RotateProps {
  title: string;
  hint: string;
  action: string;
  isBusy: boolean;
  error: unknown;
  onConfirm: (overlapSeconds: number) => void;
  onClose: () => void;
}

/** Asks how long the old one shall work on. */
export function RotateDialog({ onConfirm, ...ask }: RotateProps) {
  const { t } = useI18n();
  const [seconds, setSeconds] = useState<number>(OVERLAPS[0][1]);
  return (
    <AskDialog {...ask} onConfirm={() => { onConfirm(seconds); }}>
      <NativeSelect label={t.credentials.overlap} value={seconds} onChange={(event) => { setSeconds(Number(event.currentTarget.value)); }}
        data={OVERLAPS.map(([name, value]) => ({ value: String(value), label: t.credentials[name] }))} />
    </AskDialog>
  );
}

interface SecretProps {
  title: string;
  hint: string;
  secret: string;
  onClose: () => void;
}

/** Shows a secret this once; closes only by saying that it is kept. */
export function SecretDialog({ title, hint, secret, onClose }: SecretProps) {
  const { t } = useI18n();
  useReturnedFocus();
  return (
    <Modal opened onClose={onClose} title={title} centered closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
      <p className={classes.hint}>{hint}</p>
      <code className={classes.secret}>{secret}</code>
      <div className={classes.actions}>
        <CopyTextButton text={secret} />
        <Button onClick={onClose}>{t.credentials.done}</Button>
      </div>
    </Modal>
  );
}

interface HistoryProps {
  name: string;
  entries: readonly Schemas["AuditEntry"][] | undefined;
  error: unknown;
  retry: () => void;
  onClose: () => void;
}

/** Who did what to it. */
export function HistoryDialog({ name, entries, error, retry, onClose }: HistoryProps) {
  const { t, locale } = useI18n();
  useReturnedFocus();
  const { timezone } = useMerchant();
  return (
    <Modal opened onClose={onClose} title={t.credentials.auditTitle(name)} centered closeButtonProps={{ "aria-label": t.credentials.close }}>
      {entries === undefined && (error === null ? <LoadingLines lines={3} /> : <ErrorState error={error} retry={retry} />)}
      {entries?.length === 0 && <p className="soft">{t.credentials.auditEmpty}</p>}
      <ol>
        {entries?.map((entry) => (
          <li key={entry.acted_at + entry.action} className={classes.entry}>
            <strong>{t.credentials.audit[entry.action]}</strong> <span>{t.keys.by(entry.actor)}</span>
            <time className="soft small" dateTime={entry.acted_at}>{formatInstant(entry.acted_at, "second", timezone, locale)}</time>
          </li>
        ))}
      </ol>
    </Modal>
  );
}
