import { useQuery } from "@tanstack/react-query";
import { Alert, Button, PasswordInput } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Redirect, useLocation, useSearchParams } from "wouter";
import { ErrorState, LoadingLines } from "@/components/states";
import { WithCode } from "@/components/WithCode";
import { Frame } from "@/features/sign-in/Frame";
import { keptReturn, returnPath } from "@/features/sign-in/return-path";
import { api, body, type Schemas } from "@/lib/api";
import { useI18n } from "@/lib/i18n";
import { signIn, useSession } from "@/lib/session";
import { usePageTitle } from "@/lib/title";

type SignIn = Schemas["SignIn"];

/** OpenID Connect, for those who use it. */
const openId = () => import("@/features/sign-in/oidc");

/** The development server's link carries a token behind the #, which no server gets to see. */
const linkedToken = () => new URLSearchParams(location.hash.slice(1)).get("token");

function onHashChange(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => { window.removeEventListener("hashchange", listener); };
}

/** Also of a link that is opened where this page is shown already. */
const useLinkedToken = () => useSyncExternalStore(onHashChange, linkedToken);

function Development({ returnTo }: { returnTo: string }) {
  const { t } = useI18n();
  const [, navigate] = useLocation();
  const [token, setToken] = useState("");
  const linked = useLinkedToken();
  useEffect(() => {
    if (linked === null) return;
    signIn(linked);
    navigate(returnTo, { replace: true });
  }, [linked, navigate, returnTo]);
  if (linked !== null) return <LoadingLines lines={2} height={40} />;
  return (
    <form onSubmit={(event) => { event.preventDefault(); signIn(token.trim()); }}>
      <p className="soft"><WithCode text={t.signIn.development} /></p>
      <PasswordInput label={t.signIn.token} description={<WithCode text={t.signIn.tokenHint} />} value={token} my="md" autoComplete="off" required
        onChange={(event) => { setToken(event.currentTarget.value); }} />
      <Button type="submit" fullWidth size="md">{t.signIn.continue}</Button>
    </form>
  );
}

function OpenId({ settings, returnTo }: { settings: SignIn; returnTo: string }) {
  const { t } = useI18n();
  const [isLeaving, setLeaving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const leave = () => {
    setLeaving(true);
    openId().then(({ startSignIn }) => startSignIn(settings, returnTo)).catch((reason: unknown) => {
      setLeaving(false);
      setError(String(reason));
    });
  };
  return (
    <>
      {error !== null && <Alert color="red" title={t.signIn.failed} mb="md">{error}</Alert>}
      <Button fullWidth size="md" loading={isLeaving} onClick={leave}>{t.signIn.continue}</Button>
    </>
  );
}

/** Comes back from the provider with a code, and makes a session of it. */
function Callback({ settings, onFailed }: { settings: SignIn; onFailed: (reason: string) => void }) {
  const { t } = useI18n();
  useEffect(() => {
    openId().then(({ finishSignIn }) => finishSignIn(settings)).catch((reason: unknown) => {
      onFailed(reason instanceof Error ? reason.message : String(reason));
    });
  }, [settings, onFailed]);
  return (
    <div role="status">
      <p className="soft">{t.signIn.opening} …</p>
    </div>
  );
}

function Ways({ settings, isCallback, returnTo }: { settings: SignIn; isCallback: boolean; returnTo: string }) {
  const { t } = useI18n();
  const [failure, setFailure] = useState<string | null>(null);
  switch (settings.mode) {
    case "development":
      return <Development returnTo={returnTo} />;
    case "none":
      return <Alert color="gray" title={t.signIn.none}>{t.signIn.noneHint}</Alert>;
    case "oidc":
      if (isCallback && failure === null) return <Callback settings={settings} onFailed={setFailure} />;
      return (
        <>
          {failure !== null && <Alert color="red" title={t.signIn.failed} mb="md">{failure}</Alert>}
          <OpenId settings={settings} returnTo={returnTo} />
        </>
      );
  }
}

/** Where people come in. */
export default function SignInPage({ isCallback }: { isCallback: boolean }) {
  const { t } = useI18n();
  usePageTitle(t.signIn.title);
  const session = useSession();
  const linked = useLinkedToken();
  const [params] = useSearchParams();
  const settings = useQuery({ queryKey: ["sign-in"], queryFn: ({ signal }) => body(api.GET("/api/sign-in", { signal })) });
  const returnTo = returnPath(params.get("return"));
  if (session === "in" && linked === null) return <Redirect to={isCallback ? keptReturn() : returnTo} replace />;
  return (
    <Frame>
      {session === "expired" && <Alert color="gray" mb="md">{t.signIn.expired}</Alert>}
      {settings.data ? (
        <Ways settings={settings.data} isCallback={isCallback} returnTo={returnTo} />
      ) : settings.error ? (
        <ErrorState key={settings.errorUpdatedAt} error={settings.error} retry={() => void settings.refetch()} />
      ) : (
        <LoadingLines lines={2} height={40} />
      )}
    </Frame>
  );
}
