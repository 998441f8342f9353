import { UnstyledButton } from "@mantine/core";
import { LANGUAGES, useI18n } from "@/lib/i18n";

/** To the other language. */
export function LanguageSwitch() {
  const { language, setLanguage } = useI18n();
  const other = language === "en" ? "fr" : "en";
  return (
    <UnstyledButton className="link small" lang={other} onClick={() => { setLanguage(other); }}>
      {LANGUAGES[other].language}
    </UnstyledButton>
  );
}
