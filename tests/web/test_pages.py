"""The other pages: transactions, keys, webhook endpoints, how to begin; what is seen when something fails."""

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
from playwright.sync_api import Page, Route, expect

from app.api_keys import parse_api_key
from tests.http.senders import message, sign
from tests.web.conftest import PHONE, Json, MakeWindow, Shop, Site, card, payments
from tests.web.test_overview import eventually, listed

PROBLEM = {
    "type": "/problems/internal-error",
    "title": "Something went wrong on our side",
    "request_id": "abc",
}


def api_list(shop: Shop, **filters: object) -> list[str]:
    return [entry["transaction_id"] for entry in shop.ask("/api/transactions", limit=25, **filters)["data"]]


def test_transactions(window: MakeWindow, shop: Shop) -> None:
    """Filtered, searched, page by page; each view has its address."""
    here = window()
    here.sign_in(shop, "/transactions")
    page = here.page
    eventually(lambda: listed(page), api_list(shop))

    page.get_by_role("button", name="Older").click()
    second = shop.ask("/api/transactions", limit=25)["next_cursor"]
    eventually(lambda: listed(page), api_list(shop, starting_after=second))
    page.go_back()
    eventually(lambda: listed(page), api_list(shop))

    page.get_by_label("Status", exact=True).select_option("Partly refunded")
    eventually(lambda: listed(page), api_list(shop, status="partially_refunded"))
    page.get_by_label("Status", exact=True).select_option("Refunded")
    page.get_by_label("Currency", exact=True).select_option("EUR")
    eventually(lambda: listed(page), api_list(shop, status="refunded", currency="EUR"))
    assert parse_qs(urlsplit(page.url).query) == {"status": ["refunded"], "currency": ["EUR"]}
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("searchbox").fill("order-0001")
    eventually(lambda: listed(page), api_list(shop, search="order-0001"))
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No transaction matches.")).to_be_visible()

    with page.expect_download() as downloading:
        here.open("/transactions?status=refunded&currency=EUR")
        page.get_by_role("button", name=re.compile("^Download as CSV")).click()
    lines = downloading.value.path().read_text().splitlines()[1:]
    assert len(lines) == len(
        shop.ask("/api/transactions", limit=100, status="refunded", currency="EUR")["data"]
    )

    here.open("/transactions/nobody%2Fs")
    here.expected.append("404")
    expect(page.get_by_text("There is no such transaction")).to_be_visible()
    here.open("/nowhere")
    expect(page.get_by_text("There is nothing here")).to_be_visible()


def keep(page: Page) -> str:
    """The secret that is shown this once."""
    dialog = page.get_by_role("dialog")
    secret = dialog.locator("code").inner_text()
    dialog.get_by_role("button", name=re.compile("^Done")).click()
    expect(dialog).to_be_hidden()
    assert secret not in page.content()
    return secret


def act(page: Page, item: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {item}").first.click()
    page.get_by_role("menuitem", name=action).click()


def test_keys_by_keyboard(window: MakeWindow, site: Site) -> None:
    shop = site.shop("Keys")
    here = window(permissions=["clipboard-read", "clipboard-write"])
    here.sign_in(shop, "/keys")
    page, keys = here.page, here.page.keyboard
    expect(page.get_by_text("No keys yet")).to_be_visible()
    page.get_by_role("button", name="Create a key").focus()
    keys.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Create a key")).to_be_focused()

    keys.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    keys.type("till 3")
    keys.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("It is shown this once.")).to_be_visible()
    dialog.get_by_role("button", name="Copy").press("Enter")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    first = keep(page)
    assert copied == first
    assert parse_api_key(first)
    assert can(shop, first) == 403  # it may send events, and read nothing

    act(page, "till 3", "Rotate")
    page.get_by_role("dialog").get_by_label("The old one works on for").select_option("Not at all: ends now")
    page.get_by_role("dialog").get_by_role("button", name="Rotate").press("Enter")
    second = keep(page)
    assert second != first
    act(page, "till 3", "History")
    expect(page.get_by_role("dialog").get_by_text("Created")).to_be_visible()
    page.get_by_role("button", name="Close").press("Enter")
    act(page, "till 3", "Revoke")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("list").get_by_text("Revoked").first).to_be_visible()
    states = [key["state"] for key in shop.ask("/api/keys")["data"]]
    assert "active" not in states
    assert len(states) == 2


def can(shop: Shop, api_key: str) -> int:
    path = f"{shop.url}/api/dashboard/overview"
    return httpx.get(path, headers={"X-API-Key": api_key}, verify=False).status_code


def test_webhook_endpoints(window: MakeWindow, site: Site) -> None:
    """One is made, and an event that is signed with what was shown comes in by the address that is shown."""
    shop = site.shop("Webhooks")
    here = window(PHONE)
    here.sign_in(shop, "/webhooks")
    page = here.page
    page.get_by_role("button", name="Create an endpoint").click()
    page.get_by_label("Description").fill("till system")
    page.get_by_role("dialog").get_by_role("button", name="Create an endpoint").click()
    secret = keep(page)
    address = page.get_by_role("listitem").locator("code").inner_text()
    body = message(transaction_id="by-webhook")
    assert httpx.post(address, content=body, headers=sign(secret, body), verify=False).status_code == 202

    act(page, "till system", "New secret")
    page.get_by_role("dialog").get_by_role("button", name="New secret").click()
    assert keep(page) != secret
    expect(page.get_by_text("The secret before is good until")).to_be_visible()
    act(page, "till system", "Disable")
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("listitem").get_by_text("Disabled").first).to_be_visible()
    assert httpx.post(address, content=body, headers=sign(secret, body), verify=False).status_code == 401


def test_who_may_only_look(window: MakeWindow, site: Site, shop: Shop) -> None:
    here = window()
    here.sign_in(Shop(shop.merchant_id, site.token(shop, role="viewer"), shop.url), "/keys")
    expect(here.page.get_by_text("Owners create and end keys.")).to_be_visible()
    expect(here.page.get_by_role("button", name="Create a key")).to_have_count(0)


def test_the_first_event(window: MakeWindow, site: Site) -> None:
    """The command that is shown works as it stands, and the page becomes the dashboard."""
    shop = site.shop("Brand new", currency="KWD")
    here = window()
    here.sign_in(shop)
    page = here.page
    expect(page.get_by_role("heading", name="Send your first payment event")).to_be_visible()
    page.get_by_role("button", name="Create a key").click()
    expect(page.get_by_text("Key created.")).to_be_visible()
    command = page.locator("pre").inner_text()
    sent = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(sent.stdout)["queued"]
    expect(page.get_by_role("heading", name="Brand new")).to_be_visible()
    expect(card(page, "Top products").get_by_text("First product")).to_be_visible()


# --- what fails ----------------------------------------------------------------------------------


def failing(status: int, **headers: str) -> Callable[[Route], Any]:
    return lambda route: route.fulfill(
        status=status,
        body=json.dumps({**PROBLEM, "status": status, "detail": "No."}),
        headers={"Content-Type": "application/problem+json", **headers},
    )


def test_one_part_fails_and_the_others_stand(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.expected += ["500", "429"]
    failures, methods = "**/api/dashboard/failures?**", "**/api/dashboard/payment-methods?**"
    here.page.route(failures, failing(500))
    here.page.route(methods, failing(429, **{"Retry-After": "1"}))
    here.sign_in(shop)
    failed = card(here.page, "Why payments failed")
    expect(failed.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    expect(failed.get_by_role("alert")).to_contain_text("Request abc")
    expect(card(here.page, "Payment methods").get_by_role("alert")).to_contain_text("Too many requests.")
    expect(card(here.page, "Top products").get_by_role("link").first).to_be_visible()
    here.page.unroute(failures)
    here.page.unroute(methods)
    failed.get_by_role("button", name="Try again").click()
    expect(failed.get_by_role("link").first).to_be_visible()
    # by itself, when it may again
    expect(card(here.page, "Payment methods").get_by_role("link").first).to_be_visible()


def test_offline_and_back(window: MakeWindow, site: Site) -> None:
    shop = site.shop("Offline", *payments(days=2))
    here = window()
    here.expected.append("ERR_INTERNET_DISCONNECTED")
    # what menus take is loaded when the page has been there for a while
    with here.page.expect_event("requestfinished", lambda request: "OpenPanel" in request.url):
        here.sign_in(shop)
    expect(here.page.get_by_role("status").filter(has_text="Live")).to_be_attached()
    expect(here.page.get_by_role("slider")).to_have_count(2)
    here.page.context.set_offline(True)
    expect(here.page.get_by_text("You are offline.")).to_be_visible()
    expect(card(here.page, "Top products").get_by_role("link").first).to_be_visible()
    here.page.get_by_role("button", name="Account and settings").click()
    expect(here.page.get_by_role("dialog").get_by_text("Français")).to_be_visible()
    here.page.keyboard.press("Escape")
    here.page.context.set_offline(False)
    expect(here.page.get_by_text("You are offline.")).to_be_hidden()


def test_a_suspended_merchant(window: MakeWindow, site: Site) -> None:
    shop = site.shop("Suspended")
    with psycopg.connect(site.service.database_url, autocommit=True) as db:
        db.execute("select ops.update_merchant(%s, p_status => 'suspended')", [shop.merchant_id])
    here = window()
    here.expected.append("403")
    here.sign_in(shop)
    expect(here.page.get_by_text("This merchant is suspended.")).to_be_visible()


def test_words_and_colours_are_kept(window: MakeWindow, shop: Shop) -> None:
    here = window(locale="fr-CA", color_scheme="light")
    here.sign_in(shop)
    page = here.page
    expect(page.get_by_role("link", name="Aperçu").first).to_be_visible()
    page.get_by_role("button", name="Compte et réglages").click()
    for name in ("English", "Dark"):
        page.get_by_role("dialog").get_by_text(name, exact=True).click()
    page.reload()
    expect(page.get_by_role("link", name="Transactions").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.lang") == "en"
    kept: Json = page.evaluate("() => ({ ...document.documentElement.dataset })")
    assert kept["mantineColorScheme"] == "dark"
