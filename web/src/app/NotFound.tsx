import { Button } from "@mantine/core";
import { Link } from "wouter";
import { EmptyState } from "@/components/states";
import { useI18n } from "@/lib/i18n";
import { usePageTitle } from "@/lib/title";

export function NotFound() {
  const { t } = useI18n();
  usePageTitle(t.errors.notFound);
  return (
    <EmptyState icon="search" title={t.errors.notFound} hint={t.errors.notFoundHint}>
      <Button component={Link} href="/" variant="default" mt="xs">{t.errors.home}</Button>
    </EmptyState>
  );
}
