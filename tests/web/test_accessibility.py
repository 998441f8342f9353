"""Every page in both languages and themes, wide and narrow: axe finds nothing (WCAG 2.2 AA).

Pictures of all of them are in .cache/screenshots, to be looked at.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.conftest import BROWSER_PACKAGES
from tests.web.conftest import DESK, PHONE, MakeWindow, Shop, Site, Window, screenshot

AXE = BROWSER_PACKAGES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"360": PHONE, "1440": DESK}

Act = Callable[[Page], object]


def nothing(page: Page) -> None:
    pass


def open_days(page: Page) -> None:
    page.locator("main button[aria-haspopup=dialog]").first.click()
    page.locator("[role=dialog]").wait_for()


def open_dialog(page: Page) -> None:
    page.locator("main header button, main h1 ~ button, main button").first.click()
    page.locator("[role=dialog] input").first.wait_for()


def open_menu(page: Page) -> None:
    page.locator("header button[aria-haspopup=menu]").click()
    page.locator("[role=menu]").wait_for()


# Name, path, and what is done there before it is looked at.
PAGES: list[tuple[str, str, Act]] = [
    ("overview", "/?compare=1", nothing),
    ("days", "/?range=7d&granularity=hourly", open_days),
    ("menu", "/transactions/nobody", open_menu),
    ("transactions", "/transactions", nothing),
    ("filtered", "/transactions?status=failed&customer_id=customer-0&from=2026-11-01&to=2026-11-02", nothing),
    ("transaction", "/transactions/order-00004", nothing),
    ("keys", "/keys", nothing),
    ("new-key", "/keys", open_dialog),
    ("webhooks", "/webhooks", nothing),
    ("nothing", "/nowhere", nothing),
]


def check(here: Window, name: str) -> list[str]:
    """What axe finds in either theme."""
    found: list[str] = []
    for theme in ("light", "dark"):
        here.page.emulate_media(color_scheme=theme)
        here.page.wait_for_function(
            "theme => document.documentElement.dataset.mantineColorScheme === theme", arg=theme
        )
        result = here.page.evaluate("tags => axe.run(document, { runOnly: tags })", RULES)
        found += [
            f"{name} {theme}: {violation['id']} {node['target']} {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
        screenshot(here.page, f"{name}-{theme}")
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page(window: MakeWindow, site: Site, shop: Shop, size: str, language: str) -> None:
    viewport: ViewportSize = SIZES[size]
    here = window(viewport, locale={"en": "en-GB", "fr": "fr-FR"}[language])
    here.expected.append("404")
    here.page.add_init_script(path=AXE)
    here.open("/signin")
    here.settle()
    found = check(here, f"sign-in-{language}-{size}")
    here.sign_in(shop)
    for name, path, act in PAGES:
        here.open(path)
        here.settle()
        act(here.page)
        found += check(here, f"{name}-{language}-{size}")
        width = here.page.evaluate("() => document.documentElement.scrollWidth")
        if width > viewport["width"]:
            found.append(f"{name} is {width} wide")
    here.sign_in(site.shop("Nobody yet"))
    here.settle()
    found += check(here, f"first-run-{language}-{size}")
    assert found == []
