import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { AskDialog, HistoryDialog, RotateDialog } from "@/components/credentials/dialogs";
import { useKeyAudit } from "@/features/keys/requests/audit";
import { useCreateKey, useRevokeKey, useRotateKey } from "@/features/keys/requests/changes";
import type { Schemas } from "@/lib/api";
import { useI18n } from "@/lib/i18n";

type Key = Schemas["KeyAnswer"];
type Scope = Key["scopes"][number];

const LIVES = [["never", null], ["in30", 30], ["in90", 90], ["in365", 365]] as const;
const DAY_MS = 86_400_000;

export function CreateKey({ onCreated, onClose }: { onCreated: (secret: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const creating = useCreateKey();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["events:write"]);
  const [life, setLife] = useState<(typeof LIVES)[number][0]>("never");
  const days = LIVES.find(([key]) => key === life)?.[1] ?? null;
  const create = () => {
    if (scopes.length === 0) return;
    const expires = days === null ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() };
    creating.mutate({ name: name.trim(), scopes, ...expires }, { onSuccess: (key) => { onCreated(key.api_key); } });
  };
  return (
    <AskDialog title={t.keys.create} action={t.keys.create} isBusy={creating.isPending} error={creating.error} onConfirm={create} onClose={onClose}>
      <TextInput label={t.keys.name} description={t.keys.nameHint} maxLength={200} value={name} data-autofocus onChange={(event) => { setName(event.currentTarget.value); }} />
      <Checkbox.Group label={t.keys.scopes} mt="md" value={scopes} onChange={(chosen) => { setScopes(chosen); }}
        error={scopes.length === 0 ? t.keys.scopeMissing : null}>
        <Checkbox mt="xs" value="events:write" label={t.keys.write} />
        <Checkbox mt="xs" mb="xs" value="dashboard:read" label={t.keys.read} />
      </Checkbox.Group>
      <NativeSelect label={t.keys.expires} mt="md" value={life} onChange={(event) => { setLife(event.currentTarget.value as typeof life); }}
        data={LIVES.map(([key]) => ({ value: key, label: t.keys[key] }))} />
    </AskDialog>
  );
}

export function RotateKey({ item, onRotated, onClose }: { item: Key; onRotated: (secret: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const rotating = useRotateKey();
  return (
    <RotateDialog title={t.keys.rotateTitle(item.name || t.keys.noName)} hint={t.keys.rotateHint} action={t.keys.rotate} isBusy={rotating.isPending}
      error={rotating.error} onClose={onClose}
      onConfirm={(overlapSeconds) => {
        rotating.mutate({ id: item.key_id, overlapSeconds }, { onSuccess: (key) => { onRotated(key.api_key); } });
      }} />
  );
}

export function RevokeKey({ item, onClose }: { item: Key; onClose: () => void }) {
  const { t } = useI18n();
  const revoking = useRevokeKey();
  return (
    <AskDialog title={t.keys.revokeTitle(item.name || t.keys.noName)} hint={t.keys.revokeHint} action={t.keys.revoke} isDangerous
      isBusy={revoking.isPending} error={revoking.error} onClose={onClose}
      onConfirm={() => { revoking.mutate(item.key_id, { onSuccess: onClose }); }} />
  );
}

export function KeyHistory({ item, onClose }: { item: Key; onClose: () => void }) {
  const { t } = useI18n();
  const audit = useKeyAudit(item.key_id);
  return (
    <HistoryDialog name={item.name || t.keys.noName} entries={audit.data?.data} error={audit.error} retry={() => void audit.refetch()} onClose={onClose} />
  );
}
