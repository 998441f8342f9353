"""How soon the dashboard is there, as on a cheap phone: `python -m bench.page LINK`, as `molam up` prints it.

Chromium's processor is slowed down to a quarter. Beside the times, which other load on the machine lengthens,
it prints the processor time of the page's main thread without that, which other load does not.
"""

import argparse
import shutil
import time
from datetime import date, timedelta
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

SLOWDOWN = 4
ROUNDS = 5
PHONE = {"width": 360, "height": 740}

# When the first figure is there.
WATCH = """
new MutationObserver(() => {
  if (!window.shownAt && document.querySelector("main li p")?.textContent) window.shownAt = performance.now();
}).observe(document, {childList: true, subtree: true, characterData: true});
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main() -> None:
    """Prints the medians of a few rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("link", help="http://127.0.0.1:8081/signin#token=...")
    link = parser.parse_args().link
    token = urlsplit(link).fragment.removeprefix("token=")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(link))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = [_open(browser, origin, token) for _ in range(ROUNDS)]
        years = [_year(browser, origin, token) for _ in range(ROUNDS)]
        browser.close()
    table = Table("", f"ms, processor / {SLOWDOWN}", "ms of processor")
    first_paint, shown, work = (median(values) for values in zip(*opened, strict=True))
    table.add_row("first contentful paint", f"{first_paint:.0f}", "")
    table.add_row("figures shown", f"{shown:.0f}", f"{work:.0f}")
    table.add_row("a year of days in place of a month, all of the page", "", f"{median(years):.0f}")
    Console().print(table)


class Tab:
    """A page of somebody who is signed in, with the processor slowed down so many times."""

    def __init__(self, browser: Browser, token: str, slowdown: int = 1) -> None:
        self.page = browser.new_context(viewport=PHONE).new_page()
        self.page.add_init_script(f"sessionStorage.setItem('molam.token', '{token}');{WATCH}")
        self._session = self.page.context.new_cdp_session(self.page)
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def wait_for(self, expression: str) -> None:
        """Until it is true; asked from here, for the page's policy lets nothing be evaluated there."""
        while not self.page.evaluate(expression):
            time.sleep(0.02)

    def work(self) -> float:
        """Milliseconds that the main thread has used the processor for."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration") * 1000

    def close(self) -> None:
        """Ends it and what it kept."""
        self.page.context.close()


def _open(browser: Browser, origin: str, token: str) -> tuple[float, float, float]:
    """First contentful paint and figures shown, slowed down; then what that took the processor."""
    slow = Tab(browser, token, SLOWDOWN)
    slow.page.goto(origin)
    slow.wait_for("window.shownAt")
    times = slow.page.evaluate(FIRST_PAINT), slow.page.evaluate("window.shownAt")
    slow.close()
    tab = Tab(browser, token)
    tab.page.goto(origin)
    tab.wait_for("window.shownAt")
    work = tab.work()
    tab.close()
    return *times, work


def _year(browser: Browser, origin: str, token: str) -> float:
    """What it takes the processor to show 365 days, once the page is there."""
    tab = Tab(browser, token)
    tab.page.goto(origin)
    tab.page.get_by_role("slider").first.wait_for()
    tab.page.wait_for_timeout(1000)
    before = tab.work()
    end = date.today() - timedelta(days=1)
    query = f"/?range=custom&from={end - timedelta(days=364)}&to={end}"
    tab.page.evaluate("query => history.pushState(null, '', query)", query)
    tab.wait_for("document.querySelector('input[type=range]')?.max === '364'")
    tab.page.wait_for_timeout(1000)
    work = tab.work() - before
    tab.close()
    return work


if __name__ == "__main__":
    main()
