import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { Icon } from "@/components/Icon";
import { useI18n, LANGUAGES, type Language } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { signOut } from "@/lib/session";

const THEMES = ["auto", "light", "dark"] as const;

/** Who one is, and how one likes to see it. */
export function AccountMenu() {
  const { t, language, setLanguage } = useI18n();
  const { name, subject } = useMerchant();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choice = (key: string, label: string, isChosen: boolean, choose: () => void, lang?: string) => (
    <Menu.Item key={key} role="menuitemradio" aria-checked={isChosen} lang={lang} onClick={choose} closeMenuOnClick={false}
      rightSection={isChosen ? <Icon name="check" size={16} /> : undefined}>
      {label}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={250} offset={8}>
      <Menu.Target>
        <ActionIcon variant="default" radius="xl" size={36} aria-label={t.nav.account}><Icon name="person" size={19} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name} · {subject}</Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t.nav.language}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((key) =>
          choice(key, LANGUAGES[key].language, language === key, () => { setLanguage(key); }, key))}
        <Menu.Divider />
        <Menu.Label>{t.nav.theme}</Menu.Label>
        {THEMES.map((key) => choice(key, t.nav[key], colorScheme === key, () => { setColorScheme(key); }))}
        <Menu.Divider />
        <Menu.Item component="a" href="/docs" target="_blank" rel="noreferrer">{t.nav.docs}</Menu.Item>
        <Menu.Item onClick={signOut}>{t.nav.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
