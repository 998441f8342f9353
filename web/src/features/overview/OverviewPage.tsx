import { useDeferredValue } from "react";
import { Customers } from "@/features/overview/Customers";
import { Failures } from "@/features/overview/Failures";
import { KeyFigures } from "@/features/overview/KeyFigures";
import { Methods } from "@/features/overview/Methods";
import { OverTime } from "@/features/overview/OverTime";
import { Products } from "@/features/overview/Products";
import { RangeBar } from "@/features/overview/RangeBar";
import { Freshness } from "@/features/overview/Freshness";
import { useView } from "@/features/overview/useView";
import { formatDays } from "@/lib/days";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import { usePageTitle } from "@/lib/title";
import type { View } from "@/lib/view";
import classes from "./OverviewPage.module.css";

/** What is behind the key figures. */
function Details({ view }: { view: View }) {
  return (
    <>
      <div className={classes.wide}><OverTime what="revenue" view={view} /></div>
      <div className={classes.narrow}><OverTime what="volume" view={view} /></div>
      <Methods view={view} />
      <Products view={view} />
      <Customers currency={view.currency} />
      <Failures view={view} />
    </>
  );
}

/** What a merchant sees first. */
export default function OverviewPage() {
  const { t, locale } = useI18n();
  const { name } = useMerchant();
  const { view, change, today } = useView();
  // the key figures are not held up by what stands below them
  const isWhole = useDeferredValue(true, false);
  usePageTitle(t.nav.overview);
  const { start, end } = view.period;
  return (
    <>
      <header className={classes.header}>
        <div>
          <h1>{name}</h1>
          <p className={classes.period}>
            <span>{formatDays(start, end, locale)}</span> <Freshness currency={view.currency} />
          </p>
        </div>
        <RangeBar view={view} today={today} change={change} />
      </header>
      <div className={classes.parts} aria-busy={!isWhole}>
        <div className={classes.whole}><KeyFigures view={view} today={today} /></div>
        {isWhole && <Details view={view} />}
      </div>
    </>
  );
}
