import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { en, type Messages } from "@/lib/i18n/en";
import { fr } from "@/lib/i18n/fr";

export const LANGUAGES = { en, fr } as const;
export type Language = keyof typeof LANGUAGES;

/** For Intl, where the browser has no variant of its own. */
const VARIANTS: Record<Language, string> = { en: "en-GB", fr: "fr-FR" };

const KEY = "molam.language";

interface I18n {
  t: Messages;
  language: Language;
  /** For Intl: the browser's own variant of the language, where it has one. */
  locale: string;
  setLanguage: (language: Language) => void;
}

const I18nContext = createContext<I18n | null>(null);

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(LANGUAGES, text);

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

/** The messages in the language chosen here, else the browser's, else English. */
export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo<I18n>(
    () => ({
      t: LANGUAGES[language],
      language,
      locale: navigator.languages.find((tag) => tag.startsWith(language)) ?? VARIANTS[language],
      setLanguage: (next) => {
        localStorage.setItem(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <I18nContext value={value}>{children}</I18nContext>;
}

export function useI18n(): I18n {
  const i18n = use(I18nContext);
  if (!i18n) throw new Error("no I18nProvider");
  return i18n;
}
