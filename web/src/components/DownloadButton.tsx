import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Icon } from "@/components/Icon";
import { describeError } from "@/components/states";
import { download } from "@/lib/download";
import { useI18n } from "@/lib/i18n";
import classes from "./DownloadButton.module.css";

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
    <span className={classes.place}>
      <ActionIcon variant="subtle" color="gray" size={36} loading={saving.isPending} onClick={() => { saving.mutate(); }} onBlur={saving.reset}
        aria-label={`${t.range.download}: ${title}`} title={t.range.download}>
        <Icon name="download" />
      </ActionIcon>
      {saving.isError && (
        <span role="alert" className={`floating ${classes.failure}`}>
          {t.errors.downloadFailed}
          <span className="soft small">{describeError(saving.error, t)}</span>
        </span>
      )}
    </span>
  );
}
