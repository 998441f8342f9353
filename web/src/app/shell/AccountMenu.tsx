import { useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/components/Icon";
import { Panel } from "@/components/Panel";
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
  const [isOpen, setOpen] = useState(false);
  // else it would hold transitions back by a style element, which the policy forbids
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const languages = (Object.keys(LANGUAGES) as Language[]).map((key) => ({ value: key, label: LANGUAGES[key].language }));
  return (
    <Panel label={t.nav.account} title={t.nav.account} isOpen={isOpen} onChange={setOpen} buttonClass={classes.target} panelClass={classes.panel} side="end"
      button={<Icon name="person" size={19} />}>
      <div>
        <p className={classes.name}>{name}</p>
        <p className="soft small truncate">{subject}</p>
      </div>
      <Segmented label={t.nav.language} value={language} choices={languages} onChange={setLanguage} />
      <Segmented label={t.nav.theme} value={colorScheme} choices={THEMES.map((key) => ({ value: key, label: t.nav[key] }))} onChange={setColorScheme} />
      <div className={classes.ways}>
        <a className={classes.way} href="/docs" target="_blank" rel="noreferrer">{t.nav.docs}</a>
        <button type="button" className={`bare ${classes.way}`} onClick={signOut}>{t.nav.signOut}</button>
      </div>
    </Panel>
  );
}
