import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import SignInPage from "@/features/sign-in/SignInPage";
import { getToken, signIn, signOut } from "@/lib/session";
import { show } from "@/test/render";
import { json, problem, serve } from "@/test/service";

const SIGN_IN = "/api/sign-in";

afterEach(() => {
  signOut();
  history.replaceState(null, "", "/");
});

test("the development link signs in and goes where one was", async () => {
  serve({ [SIGN_IN]: json({ mode: "development" }) });
  history.replaceState(null, "", "/signin#token=abc");
  const { place } = show(<SignInPage isCallback={false} />, { path: "/signin?return=%2Fkeys" });
  await waitFor(() => { expect(place.history.at(-1)).toBe("/keys"); });
  expect(getToken()).toBe("abc");
});

test("a link opened where the page is shown already signs in, too", async () => {
  serve({ [SIGN_IN]: json({ mode: "development" }) });
  show(<SignInPage isCallback={false} />, { path: "/signin" });
  await screen.findByLabelText(/Token/, { selector: "input" });
  location.hash = "#token=linked";
  await waitFor(() => { expect(getToken()).toBe("linked"); });
});

test("a token in the address is not believed where people sign in elsewhere", async () => {
  serve({ [SIGN_IN]: json({ mode: "oidc", issuer: "https://id.example.com", client_id: "dashboard", scope: "openid" }) });
  history.replaceState(null, "", "/signin#token=of-somebody-else");
  show(<SignInPage isCallback={false} />, { path: "/signin" });
  expect(await screen.findByRole("button", { name: "Continue" })).toBeTruthy();
  expect(getToken()).toBeNull();
});

test("a token can be pasted on a development server", async () => {
  serve({ [SIGN_IN]: json({ mode: "development" }) });
  const { place } = show(<SignInPage isCallback={false} />, { path: "/signin" });
  fireEvent.change(await screen.findByLabelText(/Token/), { target: { value: " abc " } });
  fireEvent.click(screen.getByRole("button", { name: "Continue" }));
  await waitFor(() => { expect(place.history.at(-1)).toBe("/"); });
  expect(getToken()).toBe("abc");
});

test("a callback without a code says that it failed, and offers another try", async () => {
  serve({ [SIGN_IN]: json({ mode: "oidc", issuer: "https://id.example.com", client_id: "dashboard", scope: "openid" }) });
  show(<SignInPage isCallback />, { path: "/signin/callback" });
  expect(await screen.findByText("The sign-in did not work")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Continue" })).toBeTruthy();
});

test("says so where no sign-in is configured, and where the service does not answer", async () => {
  serve({ [SIGN_IN]: json({ mode: "none" }) });
  const { unmount } = show(<SignInPage isCallback={false} />, { path: "/signin" });
  expect(await screen.findByText(/No sign-in is configured/)).toBeTruthy();
  unmount();
  serve({ [SIGN_IN]: problem(404, "not-found") });
  show(<SignInPage isCallback={false} />, { path: "/signin" });
  expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
});

test("whoever is signed in already goes on", async () => {
  signIn("abc");
  serve({ [SIGN_IN]: json({ mode: "development" }) });
  const { place } = show(<SignInPage isCallback={false} />, { path: "/signin?return=//evil.example" });
  await waitFor(() => { expect(place.history.at(-1)).toBe("/"); });
});
