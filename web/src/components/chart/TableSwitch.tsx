import { ActionIcon } from "@mantine/core";
import { Icon } from "@/components/Icon";
import { useI18n } from "@/lib/i18n";

/** Between the chart and its figures as a table. */
export function TableSwitch({ isTable, onChange, title }: { isTable: boolean; onChange: (isTable: boolean) => void; title: string }) {
  const { t } = useI18n();
  const text = isTable ? t.charts.asChart : t.charts.asTable;
  return (
    <ActionIcon variant="subtle" color="gray" size={36} onClick={() => { onChange(!isTable); }} aria-label={`${text}: ${title}`} title={text}>
      <Icon name={isTable ? "chart" : "table"} />
    </ActionIcon>
  );
}
