import { useEffect, useRef, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import markUrl from "@/app/mark.svg";
import { AccountMenu } from "@/app/shell/AccountMenu";
import { LiveBadge } from "@/app/shell/LiveBadge";
import { OfflineBar } from "@/app/shell/OfflineBar";
import { Icon, type IconName } from "@/components/Icon";
import { useI18n } from "@/lib/i18n";
import classes from "./Shell.module.css";

const PAGES = [
  { key: "overview", href: "/" },
  { key: "transactions", href: "/transactions" },
  { key: "keys", href: "/keys" },
  { key: "webhooks", href: "/webhooks" },
] as const satisfies { key: IconName; href: string }[];

function Navigation({ className }: { className: string | undefined }) {
  const { t } = useI18n();
  const [path] = useLocation();
  return (
    <nav className={className} aria-label={t.nav.main}>
      {PAGES.map(({ key, href }) => {
        const isHere = href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
        return (
          <Link key={key} href={href} className={classes.link} aria-current={isHere ? "page" : undefined}>
            <Icon name={key} size={20} />
            <span>{t.nav[key]}</span>
          </Link>
        );
      })}
    </nav>
  );
}

/** What surrounds every page: where one can go, how live it is, who one is. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shownPath = useRef(path);
  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a href="#main" className={classes.skip}>{t.nav.skip}</a>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link href="/" className={classes.brand} aria-label={`${t.appName}, ${t.nav.overview}`}>
            <img src={markUrl} alt="" width={30} height={30} />
            <span>Molam</span>
          </Link>
          <Navigation className={classes.top} />
          <div className={classes.tools}>
            <LiveBadge />
            <AccountMenu />
          </div>
        </div>
      </header>
      <OfflineBar />
      <main id="main" ref={main} className={classes.main} tabIndex={-1}>{children}</main>
      <Navigation className={classes.bottom} />
    </>
  );
}
