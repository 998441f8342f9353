import type { ReactNode } from "react";
import { LanguageSwitch } from "@/features/sign-in/LanguageSwitch";
import { useI18n } from "@/lib/i18n";
import classes from "./Frame.module.css";

/** The page around a way to sign in. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <span className={classes.brand}>{t.appName}</span>
        <LanguageSwitch />
      </header>
      <main className={classes.main}>
        <svg className={classes.bars} viewBox="0 0 240 72" aria-hidden="true">
          {[22, 34, 28, 44, 38, 52, 46, 64].map((height, index) => (
            <rect key={height} x={index * 31} y={72 - height} width={22} height={height} rx={4} />
          ))}
        </svg>
        <h1>{t.signIn.title}</h1>
        <p className={classes.lead}>{t.signIn.lead}</p>
        {children}
      </main>
    </div>
  );
}
