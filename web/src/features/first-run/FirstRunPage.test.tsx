import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { firstEventCommand } from "@/features/first-run/command";
import FirstRunPage from "@/features/first-run/FirstRunPage";
import { OWNER, show } from "@/test/render";
import { json, serve } from "@/test/service";

test("the command holds the merchant's currency, and the key once there is one", async () => {
  const requests = serve({ "/api/keys": json({ api_key: "mk_a_b_SECRET" }, 201) });
  show(<FirstRunPage />, { me: { ...OWNER, default_currency: "KWD" } });
  expect(screen.getByText(/"currency": "KWD"/).textContent).toContain("API_KEY");
  fireEvent.click(screen.getByRole("button", { name: "Create a key" }));
  expect(await screen.findByText(/mk_a_b_SECRET/)).toBeTruthy();
  expect(await requests[0]?.json()).toMatchObject({ scopes: ["events:write"] });
});

test("who is no owner is told whom to ask", () => {
  show(<FirstRunPage />, { me: { ...OWNER, role: "viewer" } });
  expect(screen.getByText(/Only an owner can create a key/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Create a key" })).toBeNull();
});

test("the command is one that a shell takes as it stands", () => {
  const command = firstEventCommand("https://molam.example", "mk_1", "XOF");
  const event = /-d '(.*)'$/s.exec(command)?.[1] ?? "";
  expect(JSON.parse(event)).toMatchObject({ event_type: "payment_succeeded", amount: 1000, currency: "XOF" });
  expect(event).not.toContain("'");
});
