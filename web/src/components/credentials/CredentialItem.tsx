import { ActionIcon, Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/CopyButton";
import { Icon, type IconName } from "@/components/Icon";
import { StatusBadge } from "@/components/StatusBadge";
import { useI18n } from "@/lib/i18n";
import classes from "./CredentialItem.module.css";

export interface CredentialAction {
  name: string;
  icon: IconName;
  isDangerous?: boolean;
  run: () => void;
}

interface CredentialItemProps {
  name: string;
  state: { text: string; isLive: boolean };
  /** How it is recognised. */
  code: string;
  /** What copying the code is called, where it is of use elsewhere. */
  copyLabel?: string;
  facts: readonly (readonly [string, ReactNode])[];
  note?: string | undefined;
  actions: readonly CredentialAction[];
}

/** A key or an endpoint in its list. */
export function CredentialItem({ name, state, code, copyLabel, facts, note, actions }: CredentialItemProps) {
  const { t } = useI18n();
  return (
    <li className={classes.item} data-live={state.isLive}>
      <div className={classes.head}>
        <h2 className="truncate">{name}</h2>
        <StatusBadge tone={state.isLive ? "good" : "mute"}>{state.text}</StatusBadge>
        {actions.length > 0 && (
          <Menu position="bottom-end" width={200} withinPortal={false} withInitialFocusPlaceholder={false}>
            <Menu.Target>
              <ActionIcon className={classes.menu} variant="subtle" color="gray" size={36} aria-label={t.credentials.actions(name)}><Icon name="more" /></ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {actions.map((action) => (
                <Menu.Item key={action.name} leftSection={<Icon name={action.icon} size={16} />} onClick={action.run}
                  className={action.isDangerous ? classes.danger : undefined}>{action.name}</Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <p className={classes.code}><code>{code}</code>{copyLabel !== undefined && <CopyButton text={code} label={copyLabel} />}</p>
      <dl className={classes.facts}>
        {facts.map(([term, value]) => <div key={term}><dt>{term}</dt><dd>{value}</dd></div>)}
      </dl>
      {note !== undefined && <p className={classes.note}>{note}</p>}
    </li>
  );
}
