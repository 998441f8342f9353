import { ActionIcon, Popover } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Icon } from "@/components/Icon";
import { describeError } from "@/components/states";
import { download } from "@/lib/download";
import { useI18n } from "@/lib/i18n";

interface DownloadButtonProps {
  /** What is in the file. */
  title: string;
  path: string;
  parameters: Record<string, string | undefined>;
}

/** What is on screen, as a file. */
export function DownloadButton({ title, path, parameters }: DownloadButtonProps) {
  const { t } = useI18n();
  const saving = useMutation({ mutationFn: () => download(path, parameters) });
  return (
    <Popover opened={saving.isError} onChange={() => { saving.reset(); }} position="bottom-end">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size={36} loading={saving.isPending} onClick={() => { saving.mutate(); }}
          aria-label={`${t.range.download}: ${title}`} title={t.range.download}>
          <Icon name="download" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown role="alert">
        <p>{t.errors.downloadFailed}</p>
        <p className="soft small">{describeError(saving.error, t)}</p>
      </Popover.Dropdown>
    </Popover>
  );
}
