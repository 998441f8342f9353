// OpenID Connect, authorization code with PKCE. The library comes with this page only.
import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { Schemas } from "@/lib/api";
import { keepReturn } from "@/features/sign-in/return-path";
import { signIn } from "@/lib/session";

type SignIn = Schemas["SignIn"];

function manager({ issuer, client_id: clientId, scope, audience, resource }: SignIn): UserManager {
  if (!issuer || !clientId) throw new Error("The service names no issuer or client.");
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: `${location.origin}/signin/callback`,
    scope: scope ?? "openid",
    ...(resource ? { resource } : {}),
    ...(audience ? { extraQueryParams: { audience } } : {}),
    // what is between leaving and coming back belongs to this tab
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
    monitorSession: false,
  });
}

/** Leaves for the provider. */
export async function startSignIn(settings: SignIn, returnTo: string): Promise<void> {
  keepReturn(returnTo);
  await manager(settings).signinRedirect();
}

let finishing: Promise<void> | null = null;

/** Makes a session of the code that the provider sent back. A code is good once, so it is used once. */
export function finishSignIn(settings: SignIn): Promise<void> {
  finishing ??= (async () => {
    const users = manager(settings);
    const user = await users.signinRedirectCallback();
    // the session keeps the token; a second copy would outlive its end
    await users.removeUser();
    signIn(user.access_token);
  })();
  return finishing;
}
