import { ActionIcon, Popover, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { Icon } from "@/components/Icon";
import { Segmented } from "@/components/Segmented";
import { LANGUAGES, useI18n, type Language } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { signOut } from "@/lib/session";
import classes from "./AccountMenu.module.css";

const THEMES = ["auto", "light", "dark"] as const;

/** Who one is, and how one likes to see it. */
export function AccountMenu() {
  const { t, language, setLanguage } = useI18n();
  const { name, subject } = useMerchant();
  // else it would hold transitions back by a style element, which the policy forbids
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const languages = (Object.keys(LANGUAGES) as Language[]).map((key) => ({ value: key, label: LANGUAGES[key].language }));
  return (
    <Popover position="bottom-end" width={280} offset={8} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="default" radius="xl" size={36} aria-label={t.nav.account} title={t.nav.account}><Icon name="person" size={19} /></ActionIcon>
      </Popover.Target>
      <Popover.Dropdown className={classes.panel} aria-label={t.nav.account}>
        <div>
          <p className={classes.name}>{name}</p>
          <p className="soft small truncate">{subject}</p>
        </div>
        <Segmented label={t.nav.language} value={language} choices={languages} onChange={setLanguage} />
        <Segmented label={t.nav.theme} value={colorScheme} choices={THEMES.map((key) => ({ value: key, label: t.nav[key] }))} onChange={setColorScheme} />
        <div className={classes.ways}>
          <a className={classes.way} href="/docs" target="_blank" rel="noreferrer">{t.nav.docs}</a>
          <UnstyledButton className={classes.way} onClick={signOut}>{t.nav.signOut}</UnstyledButton>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
