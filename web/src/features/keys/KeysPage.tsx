import { Button } from "@mantine/core";
import { useState } from "react";
import { CredentialItem } from "@/components/credentials/CredentialItem";
import { CredentialList } from "@/components/credentials/CredentialList";
import { SecretDialog } from "@/components/credentials/dialogs";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { EmptyState } from "@/components/states";
import { CreateKey, KeyHistory, RevokeKey, RotateKey } from "@/features/keys/dialogs";
import { useKeys } from "@/features/keys/requests/keys";
import type { Schemas } from "@/lib/api";
import { formatInstant } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";

type Key = Schemas["KeyAnswer"];
type Open = { what: "create" } | { what: "rotate" | "revoke" | "history"; key: Key } | { what: "secret"; secret: string };

function KeyItem({ item, open }: { item: Key; open: (dialog: Open) => void }) {
  const { t: { keys: t }, locale } = useI18n();
  const { timezone, isOwner } = useMerchant();
  const isLive = item.state === "active";
  const moment = (instant: string | null, otherwise: string) =>
    instant === null ? otherwise : formatInstant(instant, "minute", timezone, locale);
  const state = item.replaced_by !== null && isLive ? t.replaced : t[item.state];
  const actions = !isOwner ? [] : [
    ...(isLive && item.replaced_by === null ? [{ name: t.rotate, icon: "rotate" as const, run: () => { open({ what: "rotate", key: item }); } }] : []),
    { name: t.history, icon: "history" as const, run: () => { open({ what: "history", key: item }); } },
    ...(isLive ? [{ name: t.revoke, icon: "close" as const, isDangerous: true, run: () => { open({ what: "revoke", key: item }); } }] : []),
  ];
  return (
    <CredentialItem name={item.name || t.noName} state={{ text: state, isLive }} code={`${item.prefix}_…`} actions={actions}
      facts={[
        [t.scopes, item.scopes.map((scope) => (scope === "events:write" ? t.write : t.read)).join(", ")],
        [t.created, `${moment(item.created_at, "")} ${t.by(item.created_by)}`],
        [t.lastUsed, moment(item.last_used_at, t.notUsed)],
        item.revoked_at === null ? [t.expires, moment(item.expires_at, t.never)] : [t.revoked, moment(item.revoked_at, "")],
      ]} />
  );
}

/** What lets servers in. */
export default function KeysPage() {
  const { t } = useI18n();
  usePageTitle(t.keys.title);
  const { isOwner } = useMerchant();
  const keys = useKeys();
  const [dialog, setDialog] = useState<Open | null>(null);
  const close = () => { setDialog(null); };
  const show = (secret: string) => { setDialog({ what: "secret", secret }); };
  return (
    <>
      <PageHeader title={t.keys.title} lead={isOwner ? t.keys.lead : `${t.keys.lead} ${t.keys.ownerOnly}`}>
        {isOwner && <Button leftSection={<Icon name="plus" size={17} />} onClick={() => { setDialog({ what: "create" }); }}>{t.keys.create}</Button>}
      </PageHeader>
      <CredentialList query={keys} label={t.keys.title} empty={<EmptyState icon="keys" title={t.keys.empty} hint={t.keys.emptyHint} />}>
        {(item) => <KeyItem key={item.key_id} item={item} open={setDialog} />}
      </CredentialList>
      {dialog?.what === "create" && <CreateKey onCreated={show} onClose={close} />}
      {dialog?.what === "rotate" && <RotateKey item={dialog.key} onRotated={show} onClose={close} />}
      {dialog?.what === "revoke" && <RevokeKey item={dialog.key} onClose={close} />}
      {dialog?.what === "history" && <KeyHistory item={dialog.key} onClose={close} />}
      {dialog?.what === "secret" && <SecretDialog title={t.keys.showOnce} hint={t.keys.showOnceHint} secret={dialog.secret} onClose={close} />}
    </>
  );
}
