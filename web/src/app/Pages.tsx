import { lazy } from "react";
import { Route, Switch } from "wouter";
import { NotFound } from "@/app/NotFound";
import OverviewPage from "@/features/overview/OverviewPage";

const TransactionsPage = lazy(() => import("@/features/transactions/TransactionsPage"));
const TransactionPage = lazy(() => import("@/features/transactions/TransactionPage"));
const KeysPage = lazy(() => import("@/features/keys/KeysPage"));
const WebhooksPage = lazy(() => import("@/features/webhooks/WebhooksPage"));

/** Which page is where. */
export function Pages() {
  return (
    <Switch>
      <Route path="/"><OverviewPage /></Route>
      <Route path="/transactions"><TransactionsPage /></Route>
      <Route path="/transactions/:id">{({ id }) => <TransactionPage id={id} />}</Route>
      <Route path="/keys"><KeysPage /></Route>
      <Route path="/webhooks"><WebhooksPage /></Route>
      <Route><NotFound /></Route>
    </Switch>
  );
}
