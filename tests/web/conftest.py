"""The dashboard in a real browser: Chromium, the real service, its database, and a runner.

A page fails its test by whatever it writes to the console as an error or a warning: exceptions, scripts and
styles that the policy refuses, files that are not there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import jwt
import psycopg
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from app.local_identity import AUDIENCE, ISSUER, LocalIdentity
from tests.conftest import (
    BROWSER_PACKAGES,
    CHROMIUM,
    WEB_APP,
    Connection,
    Server,
    create_database,
    missing_software,
)
from tests.http.conftest import PROJECT_DIR, Service, run_service
from tests.processes import molam_environment, wait_until

SCREENSHOTS = PROJECT_DIR / ".cache" / "screenshots"

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1440, "height": 900}

# Waited for, not measured.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

CURRENCIES = {"XOF": 0, "EUR": 2, "NGN": 2, "KWD": 3}
METHODS = ("orange_money", "wave", "card", "bank_transfer")
FAILURES = ("insufficient_funds", "timeout", "issuer_said_no", None)
PRODUCTS = ("Thé", "Café Touba", "Boubou", "Wax 6 yards", "Livre")

Json = dict[str, Any]


# --- what there is to see ------------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """A merchant, and somebody who owns it."""

    merchant_id: UUID
    token: str
    url: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, path: str, **parameters: object) -> Json:
        """What the API says; numbers as they are written."""
        given = {name: str(value) for name, value in parameters.items()}
        response = httpx.get(f"{self.url}{path}", params=given, headers=self.headers, verify=False)
        assert response.status_code == 200, response.text
        return json.loads(response.text, parse_float=Decimal, parse_int=Decimal)

    def send(self, *events: Json) -> None:
        """As a server of the merchant does."""
        with httpx.Client(base_url=self.url, verify=False) as client:
            key = client.post("/api/keys", json={"name": "tests"}, headers=self.headers).json()["api_key"]
            answer = client.post(
                "/api/events/transaction/batch",
                content=json.dumps(events, default=str),
                headers={"X-API-Key": key, "Content-Type": "application/json"},
            )
        assert answer.status_code == 202, answer.text
        assert answer.json()["ingested"] == len(events)


def payments(days: int) -> Iterator[Json]:
    """A believable trade in all four currencies, today included, the same each time but for the days."""
    dice, now = Random(5), datetime.now(UTC)
    for number in range(days * 8):
        currency = dice.choices(list(CURRENCIES), (8, 4, 2, 2))[0]
        amount = Decimal(dice.randrange(50_000, 9_000_000)).scaleb(
            -CURRENCIES[currency] - (currency != "XOF")
        )
        product = dice.randrange(len(PRODUCTS))
        payment = {
            "transaction_id": f"order-{number:05}",
            "amount": f"{amount:.{CURRENCIES[currency]}f}",
            "currency": currency,
            "payment_method": dice.choices(METHODS, (8, 6, 3, 1))[0],
            "product_id": f"product-{product}",
            "product_name": PRODUCTS[product],
            "customer_id": f"customer-{int(60 * dice.random() ** 2)}",
        }
        at = now - timedelta(minutes=number * 179)
        yield {**payment, "event_type": "payment_created", "occurred_at": at.isoformat()}
        done = {**payment, "occurred_at": min(at + timedelta(seconds=40), now).isoformat()}
        if dice.random() < 0.12:
            yield {**done, "event_type": "payment_failed", "failure_code": dice.choice(FAILURES)}
            continue
        yield {**done, "event_type": "payment_succeeded", "fee": "1"}
        if dice.random() < 0.08:
            yield {**done, "event_type": "payment_refunded", "fee": "1"}


def extremes() -> Iterator[Json]:
    """Amounts whose last digit no binary float keeps, next to the smallest ones."""
    for number, (currency, decimals) in enumerate(CURRENCIES.items()):
        largest, smallest = Decimal(10) ** 15 - Decimal(1).scaleb(-decimals), Decimal(1).scaleb(-decimals)
        for part, amount in enumerate((largest, largest - 10 * smallest, smallest)):
            sold = {
                "transaction_id": f"extreme-{number}-{part}",
                "event_type": "payment_succeeded",
                "amount": f"{amount:f}",
                "currency": currency,
                "fee": f"{smallest:f}",
                "payment_method": METHODS[part],
                "product_id": f"product-{part}",
                "customer_id": f"customer-{part}",
            }
            yield sold
            yield {**sold, "event_type": "payment_refunded", "amount": f"{smallest * 7:f}"}
        yield {**sold, "event_type": "payment_failed", "transaction_id": f"failed-{number}"}


# --- the service, its database, a runner ---------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """The service with the embedded server's own identity, as `molam up` runs it."""

    service: Service
    identity_folder: Path

    @property
    def url(self) -> str:
        return self.service.url

    def shop(self, name: str, *events: Json, currency: str = "XOF") -> Shop:
        """A new merchant whose events are in the figures."""
        with psycopg.connect(self.service.database_url, autocommit=True) as db:
            query = "select ops.create_merchant(%s, %s, 'Africa/Dakar')"
            merchant_id = db.execute(query, [name, currency]).fetchone()[0]
            for start in range(0, len(events), 1000):
                batch = json.dumps(events[start : start + 1000])
                query = "select is_stored, body::text from api.ingest_events(%s, %s)"
                is_stored, body = db.execute(query, [merchant_id, batch]).fetchone()
                assert is_stored, body
            wait_until(lambda: is_aggregated(db), "the runner has taken them")
        return Shop(merchant_id, LocalIdentity(self.identity_folder).token(merchant_id), self.url)

    def token(self, shop: Shop, **claims: Any) -> str:
        """The owner's token with other claims."""
        key = (self.identity_folder / "signing_key.pem").read_bytes()
        return jwt.encode(
            {**jwt.decode(shop.token, options={"verify_signature": False}), **claims}, key, algorithm="RS256"
        )


def is_aggregated(db: Connection) -> bool:
    return db.execute("select sum(pending_events) from ops.lag").fetchone() == (0,)


@pytest.fixture(scope="session")
def software() -> None:
    """What all of these tests need beside the project's own."""
    if not CHROMIUM or not BROWSER_PACKAGES.exists():
        pytest.skip("; ".join(missing_software()))
    assert WEB_APP.exists(), "the dashboard is not built: make web"


@pytest.fixture(scope="session")
def database(software: None, wheel_server: Server) -> Iterator[str]:
    """One server is enough: what the API answers on either is tested elsewhere."""
    for url in create_database(wheel_server, "migrated"):
        environment = molam_environment(url)
        worker = subprocess.Popen([sys.executable, "-m", "app", "worker"], env=environment)
        yield url
        worker.terminate()
        worker.wait(30)


@pytest.fixture(scope="session")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("identity")
    log = tmp_path_factory.mktemp("site") / "log"
    settings = {
        "MOLAM_JWT_ISSUER": ISSUER,
        "MOLAM_JWT_AUDIENCE": AUDIENCE,
        "MOLAM_JWT_PUBLIC_KEY": LocalIdentity(folder).public_key(),
        "MOLAM_AUTH_CACHE_SECONDS": "0.5",
    }
    with run_service(database, log, **settings) as service:
        yield Site(service, folder)


@pytest.fixture(scope="session")
def shop(site: Site) -> Shop:
    """A shop with three months of trade, that nobody changes."""
    return site.shop("Teranga Market", *payments(days=100))


# --- the browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser(software: None) -> Iterator[Browser]:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Window:
    """A page and what went wrong in it."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    # texts of errors that a test brings about
    expected: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def check(self) -> None:
        unexpected = [e for e in self.errors if not any(text in e for text in self.expected)]
        assert unexpected == []

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self, shop: Shop, path: str = "/") -> None:
        """By the link that `molam up` prints."""
        at = f"?return={path}" if path != "/" else ""
        self.open(f"/signin{at}#token={shop.token}")
        self.page.wait_for_url(lambda url: "/signin" not in url)

    def settle(self) -> None:
        """A page is there, and all that it asked for has been answered and drawn."""
        self.page.locator("main").wait_for()
        unfinished = "[class*=skeleton], [aria-busy=true], .boot"
        self.page.wait_for_function(f"() => !document.querySelector('{unfinished}')")
        self.page.evaluate("() => document.fonts.ready")


MakeWindow = Callable[..., Window]


@pytest.fixture
def window(browser: Browser, site: Site) -> Iterator[MakeWindow]:
    """Opens windows with a memory of their own; `url` is another service's."""
    windows: list[Window] = []

    def make(viewport: ViewportSize = DESK, url: str | None = None, **options: Any) -> Window:
        settings = {"locale": "en-GB", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport=viewport, **settings)
        context.set_default_timeout(PATIENCE_MS)
        window = Window(context.new_page(), url or site.url)
        window.watch()
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.page.context.close()
    for window in windows:
        window.check()


def card(page: Page, title: str) -> Locator:
    """A part of the page by its title."""
    return page.get_by_role("region", name=title, exact=True)


def screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(SCREENSHOTS, f"{name}.png"), full_page=True)
