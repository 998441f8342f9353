import { StatusBadge } from "@/components/StatusBadge";
import type { Status } from "@/features/transactions/filters";
import { useI18n } from "@/lib/i18n";

const TONES = { succeeded: "good", failed: "bad", partially_refunded: "warn", refunded: "warn", created: "mute" } as const;

export function TransactionStatus({ status }: { status: Status }) {
  const { t } = useI18n();
  return <StatusBadge tone={TONES[status]}>{t.status[status]}</StatusBadge>;
}
