import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { EmptyState } from "@/components/states";
import { useI18n } from "@/lib/i18n";

function Sorry() {
  const { t } = useI18n();
  return (
    <EmptyState icon="alert" title={t.errors.crashed}>
      <Button variant="default" mt="xs" onClick={() => { location.reload(); }}>{t.errors.reload}</Button>
    </EmptyState>
  );
}

/** Keeps a page that has failed from taking the others along; React writes the error to the console. */
export class Crash extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? <Sorry /> : this.props.children;
  }
}
