import { TextInput } from "@mantine/core";
import { useState } from "react";
import { AskDialog, HistoryDialog, RotateDialog } from "@/components/credentials/dialogs";
import { useEndpointAudit } from "@/features/webhooks/requests/audit";
import { useCreateEndpoint, useDisableEndpoint, useRotateSecret } from "@/features/webhooks/requests/changes";
import type { Schemas } from "@/lib/api";
import { useI18n } from "@/lib/i18n";

type Endpoint = Schemas["EndpointAnswer"];

export function CreateEndpoint({ onCreated, onClose }: { onCreated: (secret: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const creating = useCreateEndpoint();
  const [description, setDescription] = useState("");
  const create = () => {
    creating.mutate(description.trim(), { onSuccess: ({ secret }) => { onCreated(secret); } });
  };
  return (
    <AskDialog title={t.webhooks.create} action={t.webhooks.create} isBusy={creating.isPending} error={creating.error} onConfirm={create} onClose={onClose}>
      <TextInput label={t.webhooks.description} description={t.webhooks.descriptionHint} maxLength={200} value={description} data-autofocus
        onChange={(event) => { setDescription(event.currentTarget.value); }} />
    </AskDialog>
  );
}

export function RotateSecret({ item, onRotated, onClose }: { item: Endpoint; onRotated: (secret: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const rotating = useRotateSecret();
  return (
    <RotateDialog title={t.webhooks.rotateTitle(item.description || t.webhooks.noDescription)} hint={t.webhooks.rotateHint} action={t.webhooks.rotate}
      isBusy={rotating.isPending} error={rotating.error} onClose={onClose}
      onConfirm={(overlapSeconds) => {
        rotating.mutate({ id: item.endpoint_id, overlapSeconds }, { onSuccess: ({ secret }) => { onRotated(secret); } });
      }} />
  );
}

export function DisableEndpoint({ item, onClose }: { item: Endpoint; onClose: () => void }) {
  const { t } = useI18n();
  const disabling = useDisableEndpoint();
  return (
    <AskDialog title={t.webhooks.disableTitle(item.description || t.webhooks.noDescription)} hint={t.webhooks.disableHint} action={t.webhooks.disable}
      isDangerous isBusy={disabling.isPending} error={disabling.error} onClose={onClose}
      onConfirm={() => { disabling.mutate(item.endpoint_id, { onSuccess: onClose }); }} />
  );
}

export function EndpointHistory({ item, onClose }: { item: Endpoint; onClose: () => void }) {
  const { t } = useI18n();
  const audit = useEndpointAudit(item.endpoint_id);
  return (
    <HistoryDialog name={item.description || t.webhooks.noDescription} entries={audit.data?.data} error={audit.error}
      retry={() => void audit.refetch()} onClose={onClose} />
  );
}
