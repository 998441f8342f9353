import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { KeyFigures } from "@/features/overview/KeyFigures";
import { Methods } from "@/features/overview/Methods";
import { refreshFigures } from "@/lib/queries";
import { getToken, signIn } from "@/lib/session";
import type { View } from "@/lib/view";
import { show } from "@/test/render";
import { json, problem, serve } from "@/test/service";

const VIEW: View = {
  range: "custom", period: { start: "2026-11-01", end: "2026-11-02" }, isCompared: false, currency: "KWD", granularity: "daily",
};
const METHODS = "/api/dashboard/payment-methods";
const ABOUT = '"currency": "KWD", "timezone": "Europe/Paris", "as_of": "2026-11-23T10:00:00Z"';

const methods = (amount: string) =>
  json(`{${ABOUT}, "period_days": 2, "payment_methods": [{"method": "knet_debit", "count": 3, "amount": ${amount}, "share": 1.0000, "success_rate": 0.9240}]}`);

test("figures are shown to the last digit, also where a float has too few", async () => {
  serve({ [METHODS]: methods("90071992547409931.005") });
  show(<Methods view={VIEW} />);
  const row = await screen.findByRole("row", { name: /Knet debit/ });
  expect(row.textContent).toContain("90,071,992,547,409,931.005");
  expect(within(row).getByRole("cell", { name: "92.40%" })).toBeTruthy();
});

test("a row leads to the payments behind it", async () => {
  serve({ [METHODS]: methods("1") });
  show(<Methods view={VIEW} />);
  const link = await screen.findByRole("link", { name: "Knet debit" });
  expect(link.getAttribute("href")).toBe("/transactions?payment_method=knet_debit&from=2026-11-01&to=2026-11-02&currency=KWD");
});

test("a card without figures says so", async () => {
  serve({ [METHODS]: json(`{${ABOUT}, "period_days": 2, "payment_methods": []}`) });
  show(<Methods view={VIEW} />);
  expect(await screen.findByText("No payments in this period.")).toBeTruthy();
});

test("a card that failed says why, and can be tried again", async () => {
  serve({ [METHODS]: [problem(403, "forbidden"), methods("5.5")] });
  show(<Methods view={VIEW} />);
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("not allowed");
  expect(alert.textContent).toContain("req-1");
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/5\.500/)).toBeTruthy();
});

test("a limit is waited for, and then it goes on by itself", async () => {
  serve({ [METHODS]: [problem(429, "too-many-requests", { "Retry-After": "4" }), methods("5.5")] });
  show(<Methods view={VIEW} />);
  expect((await screen.findByRole("alert")).textContent).toMatch(/goes on in [34] s/);
  expect(await screen.findByText(/5\.500/)).toBeTruthy();
});

test("what is shown stays when asking again fails", async () => {
  const requests = serve({ [METHODS]: [methods("5.5"), problem(422, "validation-failed")] });
  show(<Methods view={VIEW} />);
  await screen.findByText(/5\.500/);
  await refreshFigures(null);
  expect(requests).toHaveLength(2);
  expect(screen.getByText(/5\.500/)).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an answer older than what was told of is asked for again", async () => {
  const requests = serve({ [METHODS]: [methods("1"), methods("1"), methods("2"), json(`{${ABOUT.replace("10:00:00", "10:00:09")}, "period_days": 2, "payment_methods": []}`)] });
  show(<Methods view={VIEW} />);
  await screen.findByRole("row", { name: /Knet debit/ });
  await refreshFigures("2026-11-23T10:00:05Z");
  await screen.findByText("No payments in this period.");
  expect(requests).toHaveLength(4);
});

test("a refused token ends the session", async () => {
  signIn("old");
  serve({ [METHODS]: problem(401, "unauthenticated") });
  show(<Methods view={VIEW} />);
  await waitFor(() => { expect(getToken()).toBeNull(); });
});

const totals = (revenue: string, rate: string) =>
  `"totals": {"period": "", "transactions": 12, "successful": 11, "failed": 1, "created": 12, "refunded": 0, "revenue": ${revenue},
    "refunds": 0.000, "fees": 1.500, "net_revenue": 5, "avg_transaction": 0.45, "success_rate": ${rate}, "customers": 9, "new_customers": 2}`;

const analytics = (revenue: string, rate: string) =>
  json(`{${ABOUT.replace("10:00:00", "11:00:00")}, "granularity": "daily", "data": [], ${totals(revenue, rate)}}`);

test("growth has direction, sign and what it is held against", async () => {
  serve({
    "/api/dashboard/overview": problem(403, "forbidden"),
    "/api/dashboard/analytics": [analytics("110.000", "0.9167"), analytics("110.000", "0.9167"), analytics("100.000", "0.9000")],
  });
  show(<KeyFigures view={VIEW} today="2026-11-02" />);
  const growth = await screen.findByRole("button", { name: /^\+10\s%/ });
  expect(growth.getAttribute("aria-label")).toMatch(/110\.000\. Before, .*100\.000/);
  expect(screen.getByRole("button", { name: /^\+1\.67\spt/ })).toBeTruthy();
  expect(screen.getByText("KWD 110.000")).toBeTruthy();
});
