import { Button } from "@mantine/core";
import { Link } from "wouter";
import { PageHeader } from "@/components/PageHeader";
import { useI18n } from "@/lib/i18n";
import { usePageTitle } from "@/lib/title";

export function NotFound() {
  const { t } = useI18n();
  usePageTitle(t.errors.notFound);
  return (
    <>
      <PageHeader title={t.errors.notFound} lead={t.errors.notFoundHint} />
      <Button component={Link} href="/" variant="default">{t.errors.home}</Button>
    </>
  );
}
