import { lazy } from "react";
import { Route, Switch } from "wouter";
import { Home } from "@/app/Home";
import { NotFound } from "@/app/NotFound";

const TransactionsPage = lazy(() => import("@/features/transactions/TransactionsPage"));
const TransactionPage = lazy(() => import("@/features/transactions/TransactionPage"));
const KeysPage = lazy(() => import("@/features/keys/KeysPage"));
const WebhooksPage = lazy(() => import("@/features/webhooks/WebhooksPage"));

/** Which page is where. */
export function Pages() {
  return (
    <Switch>
      <Route path="/"><Home /></Route>
      <Route path="/transactions"><TransactionsPage /></Route>
      <Route path="/transactions/:id">{({ id }) => <TransactionPage id={id} />}</Route>
      <Route path="/keys"><KeysPage /></Route>
      <Route path="/webhooks"><WebhooksPage /></Route>
      <Route><NotFound /></Route>
    </Switch>
  );
}
