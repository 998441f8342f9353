import { Button } from "@mantine/core";
import { useState } from "react";
import { CredentialItem } from "@/components/credentials/CredentialItem";
import { CredentialList } from "@/components/credentials/CredentialList";
import { SecretDialog } from "@/components/credentials/dialogs";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { EmptyState } from "@/components/states";
import { CreateEndpoint, DisableEndpoint, EndpointHistory, RotateSecret } from "@/features/webhooks/dialogs";
import { useEndpoints } from "@/features/webhooks/requests/endpoints";
import type { Schemas } from "@/lib/api";
import { formatInstant } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";

type Endpoint = Schemas["EndpointAnswer"];
type Open = { what: "create" } | { what: "rotate" | "disable" | "history"; endpoint: Endpoint } | { what: "secret"; secret: string };

function EndpointItem({ item, open }: { item: Endpoint; open: (dialog: Open) => void }) {
  const { t: { webhooks: t, keys }, locale } = useI18n();
  const { timezone, isOwner } = useMerchant();
  const isLive = item.state === "active";
  const moment = (instant: string) => formatInstant(instant, "minute", timezone, locale);
  const actions = !isOwner ? [] : [
    ...(isLive ? [{ name: t.rotate, icon: "rotate" as const, run: () => { open({ what: "rotate", endpoint: item }); } }] : []),
    { name: t.history, icon: "history" as const, run: () => { open({ what: "history", endpoint: item }); } },
    ...(isLive ? [{ name: t.disable, icon: "close" as const, isDangerous: true, run: () => { open({ what: "disable", endpoint: item }); } }] : []),
  ];
  const previous = item.previous_secret_expires_at;
  return (
    <CredentialItem name={item.description || t.noDescription} state={{ text: t[item.state], isLive }} actions={actions}
      code={`${location.origin}/api/webhooks/${item.endpoint_id}`} {...(isLive ? { copyLabel: t.copyAddress } : {})}
      note={previous === null ? undefined : t.previousUntil(moment(previous))}
      facts={[
        [keys.created, `${moment(item.created_at)} ${keys.by(item.created_by)}`],
        [t.lastReceived, item.last_received_at === null ? t.notReceived : moment(item.last_received_at)],
        ...(item.disabled_at === null ? [] : [[t.disabled, moment(item.disabled_at)] as const]),
      ]} />
  );
}

/** Where other systems send their events. */
export default function WebhooksPage() {
  const { t } = useI18n();
  usePageTitle(t.webhooks.title);
  const { isOwner } = useMerchant();
  const endpoints = useEndpoints();
  const [dialog, setDialog] = useState<Open | null>(null);
  const close = () => { setDialog(null); };
  const show = (secret: string) => { setDialog({ what: "secret", secret }); };
  return (
    <>
      <PageHeader title={t.webhooks.title} lead={isOwner ? t.webhooks.lead : `${t.webhooks.lead} ${t.webhooks.ownerOnly}`}>
        {isOwner && <Button leftSection={<Icon name="plus" size={17} />} onClick={() => { setDialog({ what: "create" }); }}>{t.webhooks.create}</Button>}
      </PageHeader>
      <CredentialList query={endpoints} label={t.webhooks.title} empty={<EmptyState icon="webhooks" title={t.webhooks.empty} hint={t.webhooks.emptyHint} />}>
        {(item) => <EndpointItem key={item.endpoint_id} item={item} open={setDialog} />}
      </CredentialList>
      {dialog?.what === "create" && <CreateEndpoint onCreated={show} onClose={close} />}
      {dialog?.what === "rotate" && <RotateSecret item={dialog.endpoint} onRotated={show} onClose={close} />}
      {dialog?.what === "disable" && <DisableEndpoint item={dialog.endpoint} onClose={close} />}
      {dialog?.what === "history" && <EndpointHistory item={dialog.endpoint} onClose={close} />}
      {dialog?.what === "secret" && <SecretDialog title={t.webhooks.showOnce} hint={t.webhooks.showOnceHint} secret={dialog.secret} onClose={close} />}
    </>
  );
}
