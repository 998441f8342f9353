"""Every page in both languages and themes, wide and narrow: axe finds nothing (WCAG 2.2 AA).

Pictures of all of them are in .cache/screenshots, to be looked at.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.conftest import BROWSER_PACKAGES
from tests.web.conftest import DESK, PHONE, MakeWindow, Shop, Site, Window, screenshot

AXE = BROWSER_PACKAGES / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {
        name: {"enabled": True} for name in ("page-has-heading-one", "heading-order", "landmark-one-main")
    },
}
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


def open_account(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Account and|Compte et)")).click()
    page.get_by_role("dialog").wait_for()


# Name, path, and what is done there before it is looked at.
PAGES: list[tuple[str, str, Act]] = [
    ("overview", "/?compare=1", nothing),
    ("days", "/?range=7d&granularity=hourly", open_days),
    ("account", "/transactions/nobody", open_account),
    ("transactions", "/transactions", nothing),
    ("filtered", "/transactions?status=failed&customer_id=customer-0&from=2026-11-01&to=2026-11-02", nothing),
    ("transaction", "/transactions/order-00004", nothing),
    ("keys", "/keys", nothing),
    ("new-key", "/keys", open_dialog),
    ("webhooks", "/webhooks", nothing),
    ("nothing", "/nowhere", nothing),
]


def check(here: Window, name: str) -> list[str]:
    """What axe finds; of the dark theme's, which is the same but for its colours, what concerns those."""
    found: list[str] = []
    for theme, options in (("light", RULES), ("dark", {"runOnly": ["color-contrast"]})):
        use_theme(here.page, theme)
        violations = here.page.evaluate(
            "async (options) => (await axe.run(document, options)).violations",
            {**options, "resultTypes": ["violations"]},
        )
        found += [
            f"{name} {theme}: {violation['id']} {node['target']} {node['failureSummary']}"
            for violation in violations
            for node in violation["nodes"]
        ]
        screenshot(here.page, f"{name}-{theme}")
    here.page.emulate_media(color_scheme="light")
    return found


def misplaced(page: Page) -> list[str]:
    """What is wider than the screen, and key figures that run into something or are cut off."""
    return page.evaluate(
        """() => {
            const found = [];
            const width = document.documentElement;
            if (width.scrollWidth > width.clientWidth) found.push(`${width.scrollWidth} wide`);
            for (const item of document.querySelectorAll('[aria-label] > div > ul > li:has(h3)')) {
                const value = item.querySelector('h3').parentElement.nextElementSibling;
                const text = document.createRange();
                text.selectNodeContents(value);
                const [one, place, ...drawn] = [text, item, ...item.querySelectorAll('svg')]
                    .map((part) => part.getBoundingClientRect());
                const name = item.querySelector('h3').textContent;
                if (one.right > place.right) found.push(`${name} leaves its place`);
                const meets = (box) => one.right > box.left && one.left < box.right
                    && one.bottom > box.top && one.top < box.bottom;
                if (drawn.some(meets)) found.push(`${name} is drawn over`);
            }
            return found;
        }"""
    )


def use_theme(page: Page, theme: str) -> None:
    """As when the system's changes; until nothing is on its way to another colour any more."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.wait_for_function(
        "theme => document.documentElement.dataset.mantineColorScheme === theme", arg=theme
    )
    page.evaluate(
        """async () => {
            const running = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
            // what inherits a colour starts on its way when what it has it from has come
            for (let frame = 0, calm = 0; frame < 30 && calm < 2; frame += 1) {
                await new Promise(requestAnimationFrame);
                calm = running().length === 0 ? calm + 1 : 0;
                for (const one of running()) one.finish();
            }
        }"""
    )


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
    here.page.goto("about:blank")
    here.sign_in(shop)
    for name, path, act in PAGES:
        here.open(path)
        here.settle()
        act(here.page)
        found += check(here, f"{name}-{language}-{size}")
        found += [f"{name} {size}: {problem}" for problem in misplaced(here.page)]
    here.sign_in(site.shop("Nobody yet"))
    here.page.locator("main pre").first.wait_for()
    found += check(here, f"first-run-{language}-{size}")
    assert not found, "\n".join(found)
