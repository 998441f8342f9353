import { useNetwork } from "@mantine/hooks";
import { Icon } from "@/components/Icon";
import { useI18n } from "@/lib/i18n";
import classes from "./OfflineBar.module.css";

/** Says so while the browser has no network. */
export function OfflineBar() {
  const { t } = useI18n();
  const { online } = useNetwork();
  return <div role="status">{!online && <p className={classes.bar}><Icon name="offline" />{t.errors.offline}</p>}</div>;
}
