import { lazy, Suspense } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { Merchant } from "@/app/Merchant";
import { Boot } from "@/app/Boot";
import { useSession } from "@/lib/session";

const SignInPage = lazy(() => import("@/features/sign-in/SignInPage"));

/** The way to sign in, which leads back here. */
function ToSignIn() {
  const [path] = useLocation();
  const search = useSearch();
  const here = search ? `${path}?${search}` : path;
  return <Redirect to={here === "/" ? "/signin" : `/signin?return=${encodeURIComponent(here)}`} replace />;
}

export function App() {
  const isIn = useSession() === "in";
  return (
    <Suspense fallback={<Boot />}>
      <Switch>
        <Route path="/signin/callback"><SignInPage isCallback /></Route>
        <Route path="/signin"><SignInPage isCallback={false} /></Route>
        <Route>{isIn ? <Merchant /> : <ToSignIn />}</Route>
      </Switch>
    </Suspense>
  );
}
