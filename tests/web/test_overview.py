"""The overview: each figure is the API's to its last digit, for whatever days; and what is behind figures."""

import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.web.conftest import (
    CURRENCIES,
    PATIENCE_MS,
    PHONE,
    Json,
    MakeWindow,
    Shop,
    Site,
    card,
    extremes,
    payments,
)

NAMES = {
    "Revenue": "revenue",
    "Net revenue": "net_revenue",
    "Transactions": "transactions",
    "Success rate": "success_rate",
    "Average payment": "avg_transaction",
    "Customers": "customers",
    "Fees": "fees",
    "Refunds": "refunds",
}
AMOUNTS = {"revenue", "net_revenue", "fees", "refunds", "amount", "total_spent"}

# So many rows of a ranking.
SHOWN = 6


def today() -> date:
    """In the merchants' zone, which is UTC all year. A run of all tests may go past midnight."""
    return datetime.now(UTC).date()


def number(text: str) -> Decimal | None:
    """A figure as it stands on an English page."""
    digits = re.sub(r"[^\d.\-]", "", text.replace("\N{MINUS SIGN}", "-"))
    return (Decimal(digits) / (100 if "%" in text else 1)) if digits else None


def decimals(text: str) -> int:
    return len(re.sub(r"[^\d.]", "", text).partition(".")[2])


def key_figures(page: Page) -> dict[str, list[str]]:
    """By the API's names what is written for the period, for today and for the month."""
    found = page.evaluate(
        """() => [...document.querySelectorAll('[aria-label="Key figures"] li:has(h3)')].map((item) => [
            item.querySelector('h3').textContent,
            [item.querySelector('h3').parentElement.nextElementSibling, ...item.querySelectorAll('dd')]
                .map((place) => place.firstChild.textContent),
        ])"""
    )
    return {NAMES[name]: texts for name, texts in found}


def table(page: Page, title: str) -> list[list[str]]:
    """The rows of a card's table: what stands beside the link in the first cell, then the other cells."""
    return card(page, title).first.evaluate(
        """(card) => [...card.querySelectorAll('tbody tr')].map(({ cells: [head, ...cells] }) => [
            head.textContent.slice(head.querySelector('a').textContent.length),
            ...cells.map((cell) => cell.textContent),
        ])"""
    )


def eventually(seen: Callable[[], Any], wanted: Any) -> None:
    """What is seen becomes what is wanted."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (found := seen()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == wanted


def read(texts: list[str]) -> list[Decimal | None]:
    return [number(text) for text in texts]


def totals(shop: Shop, first: date, last: date, currency: str) -> Json:
    path = "/api/dashboard/analytics"
    return shop.ask(path, start_date=first, end_date=last, currency=currency)["totals"]


# --- figures -------------------------------------------------------------------------------------


def check_key_figures(page: Page, shop: Shop, days: int, currency: str) -> None:
    overview = shop.ask("/api/dashboard/overview", currency=currency)
    period = totals(shop, today() - timedelta(days=days - 1), today(), currency)
    wanted = {
        name: [part[name] for part in (period, overview["today"], overview["month"])]
        for name in NAMES.values()
    }
    eventually(lambda: {name: read(texts) for name, texts in key_figures(page).items()}, wanted)
    for name, texts in key_figures(page).items():
        if name in AMOUNTS:
            assert {decimals(text) for text in texts} == {CURRENCIES[currency]}, (name, texts)


def check_tables(page: Page, shop: Shop, currency: str) -> None:
    """Each breakdown's rows, cell by cell; what is None is no figure."""
    month = {"days": 30}
    for title, path, rows, asked, columns in (
        (
            "Payment methods",
            "payment-methods",
            "payment_methods",
            month,
            ["share", "amount", "success_rate", "count"],
        ),
        ("Top products", "top-products", "products", month, [None, "transactions", "amount"]),
        ("Why payments failed", "failures", "failures", month, ["share", "count"]),
        ("Top customers", "customers", "top_customers", {}, [None, None, "transactions", "total_spent"]),
    ):
        answer = shop.ask(f"/api/dashboard/{path}", currency=currency, **asked)[rows]
        shown = [
            [number(text) for text, column in zip(row, columns, strict=True) if column]
            for row in table(page, title)
        ]
        assert len(shown) == min(len(answer), SHOWN), title
        assert shown == [[row[column] for column in columns if column] for row in answer[:SHOWN]], title


def check_charts(page: Page, shop: Shop, currency: str) -> None:
    first = today() - timedelta(days=29)
    answer = shop.ask("/api/dashboard/analytics", start_date=first, end_date=today(), currency=currency)
    for title, columns in (("Revenue", ["revenue", "net_revenue"]), ("Payments", ["failed", "successful"])):
        wanted = [[bucket[column] for column in columns] for bucket in answer["data"]]
        assert [read(row[1:]) for row in table(page, title)] == wanted, title


def test_every_figure_is_the_api_s_to_its_last_digit(window: MakeWindow, site: Site, shop: Shop) -> None:
    here = window()
    for merchant in (shop, site.shop("Extremes", *extremes())):
        here.sign_in(merchant)
        for title in ("Revenue", "Payments"):
            here.page.get_by_role("button", name=f"Show as a table: {title}").click()
        for currency in CURRENCIES:
            group = here.page.get_by_role("radiogroup", name="Currency")
            group.get_by_text(currency, exact=True).click()
            check_key_figures(here.page, merchant, 30, currency)
            check_tables(here.page, merchant, currency)
            check_charts(here.page, merchant, currency)
        here.page.evaluate("() => sessionStorage.clear()")


def test_they_are_the_same_in_french_and_on_a_phone(window: MakeWindow, shop: Shop) -> None:
    here = window(PHONE, locale="fr-FR")
    here.sign_in(shop, "/?currency=KWD")
    figures = here.page.get_by_role("region", name="Chiffres clés")
    expect(figures.get_by_role("listitem").first).not_to_contain_text("Chargement")
    period = totals(shop, today() - timedelta(days=29), today(), "KWD")
    whole, _, fraction = f"{period['revenue']:,f}".partition(".")
    text = figures.get_by_role("listitem").first.inner_text().replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert f"{whole.replace(',', ' ')},{fraction}" in text
    assert here.page.evaluate("() => document.documentElement.lang") == "fr"
    # nothing is wider than the screen
    assert here.page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]


# --- days ----------------------------------------------------------------------------------------


def preset_days(preset: str) -> tuple[date, date]:
    first_of_month = today().replace(day=1)
    return {
        "Today": (today(), today()),
        "Yesterday": (today() - timedelta(days=1), today() - timedelta(days=1)),
        "Last 7 days": (today() - timedelta(days=6), today()),
        "Last 90 days": (today() - timedelta(days=89), today()),
        "Month to date": (first_of_month, today()),
        "Last month": (
            (first_of_month - timedelta(days=1)).replace(day=1),
            first_of_month - timedelta(days=1),
        ),
    }[preset]


PRESETS = {
    "Today": "today",
    "Yesterday": "yesterday",
    "Last 7 days": "7d",
    "Last 90 days": "90d",
    "Month to date": "mtd",
    "Last month": "last-month",
}


def check_period(page: Page, shop: Shop, first: date, last: date) -> None:
    period = totals(shop, first, last, "XOF")
    wanted = {name: period[name] for name in NAMES.values()}
    eventually(lambda: {name: number(texts[0]) for name, texts in key_figures(page).items()}, wanted)


def choose_days(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile("^Period: ")).click()
    page.get_by_role("button", name=name, exact=True).click()


def test_days_are_in_the_address(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.sign_in(shop)
    for preset, value in PRESETS.items():
        choose_days(here.page, preset)
        here.page.wait_for_url(f"**/?range={value}")
        check_period(here.page, shop, *preset_days(preset))

    here.page.go_back()
    here.page.wait_for_url("**/?range=mtd")
    check_period(here.page, shop, *preset_days("Month to date"))
    here.page.go_forward()
    check_period(here.page, shop, *preset_days("Last month"))
    here.page.reload()
    check_period(here.page, shop, *preset_days("Last month"))
    expect(here.page.get_by_role("button", name="Period: Last month")).to_be_visible()

    # days of one's own, by the calendar and by the address
    choose_days(here.page, "Choose days …")
    calendar = here.page.get_by_role("dialog")
    first, last = (preset_days("Last month")[0].replace(day=day) for day in (3, 17))
    for day in (first, last):
        calendar.get_by_role("button", name=f"{day.day} {day:%B} {day.year}", exact=True).click()
    calendar.get_by_role("button", name="Apply").click()
    here.page.wait_for_url(f"**/?range=custom&from={first}&to={last}")
    check_period(here.page, shop, first, last)

    # what nobody knows falls back
    here.open("/?range=always&currency=ZZZ&granularity=yearly&from=x")
    check_period(here.page, shop, today() - timedelta(days=29), today())
    here.open("/?range=custom&from=2026-02-31&to=2026-02-01")
    check_period(here.page, shop, today() - timedelta(days=29), today())


def test_steps_and_the_period_before(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.sign_in(shop, "/")
    here.open("/?range=7d&granularity=hourly&compare=1")
    here.page.get_by_role("button", name="Show as a table: Revenue").click()
    eventually(lambda: len(table(here.page, "Revenue")), 7 * 24)
    before = totals(shop, today() - timedelta(days=13), today() - timedelta(days=7), "XOF")["revenue"]
    shown = card(here.page, "Revenue").first.get_by_role("row")
    eventually(lambda: sum(number(row[1]) or 0 for row in table(here.page, "Revenue")), before)
    expect(shown.first).to_contain_text("Period before")
    here.page.get_by_role("switch", name="Compare").click(force=True)
    here.page.wait_for_url("**/?range=7d&granularity=hourly")


# --- behind the figures --------------------------------------------------------------------------


def listed(page: Page) -> list[str]:
    """The transactions that the list shows."""
    return page.get_by_role("table").get_by_role("rowheader").all_inner_texts()


def wanted(shop: Shop, page: Page) -> list[str]:
    """What the API lists for the filters in the address: a page of it."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    data = shop.ask("/api/transactions", **{"limit": 25, **given})["data"]
    return [entry["transaction_id"] for entry in data]


def test_a_row_leads_to_its_transactions(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.sign_in(shop, "/")
    for title, name, filtered in (
        ("Payment methods", "Wave", {"payment_method": "wave"}),
        ("Top products", "Café Touba", {"product_id": "product-1"}),
        ("Top customers", "customer-0", {"customer_id": "customer-0"}),
        ("Why payments failed", "Issuer said no", {"status": "failed"}),
    ):
        card(here.page, title).get_by_role("link", name=name, exact=True).click()
        here.page.wait_for_url("**/transactions?**")
        given = {name: values[0] for name, values in parse_qs(urlsplit(here.page.url).query).items()}
        dates = (
            {}
            if title == "Top customers"
            else {"from": str(today() - timedelta(days=29)), "to": str(today())}
        )
        assert given == {**filtered, **dates, "currency": "XOF"}, title
        eventually(lambda: listed(here.page) or None, wanted(shop, here.page))
        here.page.go_back()
        expect(card(here.page, "Key figures")).to_be_visible()

    # along the chart by keyboard, to the payments of a day
    here.page.get_by_role("slider", name=re.compile("^Revenue")).focus()
    for key in ("ArrowLeft", "ArrowLeft", "Enter"):
        here.page.keyboard.press(key)
    here.page.wait_for_url(f"**from={today() - timedelta(days=2)}**")
    eventually(lambda: listed(here.page), wanted(shop, here.page))

    # and from one of them to what happened to it
    transaction_id = listed(here.page)[0]
    here.page.get_by_role("link", name=transaction_id, exact=True).click()
    here.page.wait_for_url(f"**/transactions/{transaction_id}")
    told = shop.ask(f"/api/transactions/{transaction_id}")
    timeline = card(here.page, "Timeline").get_by_role("listitem")
    expect(timeline).to_have_count(len(told["events"]))
    here.page.go_back()
    eventually(lambda: listed(here.page), wanted(shop, here.page))


def test_what_is_on_screen_as_a_file(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.sign_in(shop)
    here.open("/?range=7d&currency=EUR")
    asked = {"start_date": str(today() - timedelta(days=6)), "end_date": str(today()), "currency": "EUR"}
    for title, report, parameters in (
        ("Revenue", "analytics", {**asked, "granularity": "daily"}),
        ("Payment methods", "payment-methods", asked),
        ("Why payments failed", "failures", {**asked, "limit": str(SHOWN)}),
        ("Top customers", "customers", {"currency": "EUR", "limit": str(SHOWN)}),
    ):
        with here.page.expect_download() as downloading:
            here.page.get_by_role("button", name=f"Download as CSV: {title}").click()
        file = downloading.value
        path = f"{shop.url}/api/reports/{report}.csv"
        response = httpx.get(path, params=parameters, headers=shop.headers, verify=False)
        assert file.path().read_bytes() == response.content, title
        assert response.content.count(b"\r\n") > 1
        assert f'filename="{file.suggested_filename}"' in response.headers["content-disposition"]


def test_figures_move_by_themselves(window: MakeWindow, site: Site) -> None:
    """Also on a second page of the same person; nothing flickers, nothing is loaded anew."""
    shop = site.shop("Live", *payments(days=2))
    here = window()
    here.sign_in(shop, "/")
    expect(here.page.get_by_role("status").filter(has_text="Live")).to_be_attached()
    here.settle()
    here.page.evaluate(
        """() => {
            window.skeletons = 0;
            new MutationObserver(() => {
                window.skeletons += document.querySelectorAll('[class*=skeleton]').length;
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    before = totals(shop, today() - timedelta(days=29), today(), "XOF")["transactions"]
    sent = [
        {
            "transaction_id": f"live-{number}",
            "event_type": "payment_succeeded",
            "amount": "1234",
            "currency": "XOF",
            "payment_method": "just invented",
        }
        for number in range(3)
    ]
    for number, event in enumerate(sent, start=1):
        shop.send(event)
        eventually(lambda: number_of(here.page, "transactions"), before + number)
    expect(card(here.page, "Payment methods").get_by_text("Just invented")).to_be_visible()
    assert here.page.evaluate("() => window.skeletons") == 0


def number_of(page: Page, name: str) -> Decimal | None:
    return number(key_figures(page)[name][0])
