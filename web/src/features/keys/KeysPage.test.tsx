import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import KeysPage from "@/features/keys/KeysPage";
import { OWNER, show } from "@/test/render";
import { json, problem, serve } from "@/test/service";

const KEY = {
  key_id: "Jb2jWAZ0vTUm", prefix: "mk_a_Jb2jWAZ0vTUm", name: "till 3", scopes: ["events:write"], state: "active", created_at: "2026-11-23T05:00:00Z",
  created_by: "awa", last_used_at: null, expires_at: null, revoked_at: null, replaced_by: null,
};
const list = (...data: object[]) => json({ data, has_more: false });

test("a key is shown once, and the list is asked for again", async () => {
  const requests = serve({ "/api/keys": [list(), json({ ...KEY, api_key: "mk_a_b_SECRET" }, 201), list(KEY)] });
  show(<KeysPage />);
  await screen.findByText("No keys yet");
  fireEvent.click(screen.getByRole("button", { name: "Create a key" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "till 3" } });
  fireEvent.submit(screen.getByRole("dialog").querySelector("form") as HTMLFormElement);
  expect(await screen.findByText("mk_a_b_SECRET")).toBeTruthy();
  expect(await requests[1]?.json()).toEqual({ name: "till 3", scopes: ["events:write"] });
  fireEvent.click(screen.getByRole("button", { name: /safe place/ }));
  await waitFor(() => { expect(screen.queryByText("mk_a_b_SECRET")).toBeNull(); });
  expect(await screen.findByRole("heading", { name: "till 3" })).toBeTruthy();
});

test("a refusal is told where it was asked", async () => {
  serve({ "/api/keys": [list(), problem(409, "conflict")] });
  show(<KeysPage />);
  await screen.findByText("No keys yet");
  fireEvent.click(screen.getByRole("button", { name: "Create a key" }));
  fireEvent.submit(screen.getByRole("dialog").querySelector("form") as HTMLFormElement);
  expect((await screen.findByRole("alert")).textContent).toContain("Detail of conflict.");
});

test("who is no owner only looks", async () => {
  serve({ "/api/keys": list(KEY) });
  show(<KeysPage />, { me: { ...OWNER, role: "viewer" } });
  expect(await screen.findByRole("heading", { name: "till 3" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Create a key" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Actions for till 3" })).toBeNull();
});
