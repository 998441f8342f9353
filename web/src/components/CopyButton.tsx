import { ActionIcon, Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Icon } from "@/components/Icon";
import { useI18n } from "@/lib/i18n";

/** Puts a text on the clipboard, and says that it has. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useI18n();
  const { copied, copy } = useClipboard({ timeout: 2000 });
  const name = copied ? t.credentials.copied : label;
  return (
    <ActionIcon variant="subtle" color="gray" size={32} onClick={() => { copy(text); }} aria-label={name} title={name}>
      <Icon name={copied ? "check" : "copy"} size={16} />
    </ActionIcon>
  );
}

/** The same, as what one is meant to do here. */
export function CopyTextButton({ text }: { text: string }) {
  const { t } = useI18n();
  const { copied, copy } = useClipboard({ timeout: 2000 });
  return (
    <Button variant="light" onClick={() => { copy(text); }} leftSection={<Icon name={copied ? "check" : "copy"} size={16} />}>
      <span aria-live="polite">{copied ? t.credentials.copied : t.credentials.copy}</span>
    </Button>
  );
}
