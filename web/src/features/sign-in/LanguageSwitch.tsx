import { LANGUAGES, useI18n } from "@/lib/i18n";

/** To the other language. */
export function LanguageSwitch() {
  const { language, setLanguage } = useI18n();
  const other = language === "en" ? "fr" : "en";
  return (
    <button type="button" className="bare link small" lang={other} onClick={() => { setLanguage(other); }}>
      {LANGUAGES[other].language}
    </button>
  );
}
