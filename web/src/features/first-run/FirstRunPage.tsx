import { Alert, Button, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyTextButton } from "@/components/CopyButton";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { describeError } from "@/components/states";
import { firstEventCommand } from "@/features/first-run/command";
import { useCreateFirstKey } from "@/features/first-run/requests/create-first-key";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";
import classes from "./FirstRunPage.module.css";

function Step({ number, title, hint, isDone = false, children }: { number: number; title: string; hint?: string; isDone?: boolean; children?: ReactNode }) {
  return (
    <li className={classes.step}>
      <span className={classes.number} data-done={isDone}>{isDone ? <Icon name="check" size={17} /> : number}</span>
      <div className={classes.content}>
        <h2>{title}</h2>
        {hint !== undefined && <p className="soft">{hint}</p>}
        {children}
      </div>
    </li>
  );
}

/** How to send the first event; the dashboard takes its place when one comes. */
export default function FirstRunPage() {
  const { t } = useI18n();
  usePageTitle(t.nav.overview);
  const { isOwner, default_currency: currency } = useMerchant();
  const creating = useCreateFirstKey();
  const key = creating.data?.api_key;
  const command = firstEventCommand(location.origin, key ?? "API_KEY", currency);
  return (
    <div className={classes.page}>
      <PageHeader title={t.firstRun.title} lead={t.firstRun.lead} />
      <ol className={classes.steps}>
        <Step number={1} title={t.firstRun.stepKey} hint={isOwner ? t.firstRun.stepKeyHint : t.firstRun.ownerOnly} isDone={key !== undefined}>
          {isOwner && key === undefined && (
            <Button mt="sm" loading={creating.isPending} onClick={() => { creating.mutate(t.firstRun.keyName); }}>{t.firstRun.create}</Button>
          )}
          <p role="status" className={classes.made}>{key !== undefined && t.firstRun.keyMade}</p>
          {creating.error && <Alert color="red" mt="sm" title={t.errors.save} role="alert">{describeError(creating.error, t)}</Alert>}
        </Step>
        <Step number={2} title={t.firstRun.stepSend} hint={t.firstRun.stepSendHint}>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
          <pre className={classes.command} tabIndex={0}>{command}</pre>
          <CopyTextButton text={command} />
        </Step>
        <Step number={3} title={t.firstRun.stepWatch}>
          <p className={classes.waiting}><Loader size={16} type="dots" /> {t.firstRun.waiting} …</p>
          <p className="soft small"><a className="link" href="/docs">{t.firstRun.docs}</a></p>
        </Step>
      </ol>
    </div>
  );
}
