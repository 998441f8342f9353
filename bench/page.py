"""How soon the dashboard is there, as on a cheap phone: `python -m bench.page LINK`, as `molam up` prints it.

Chromium's processor is slowed down to a quarter. Beside the times, which other load on the machine lengthens,
it prints the processor time of the page's main thread without that, which other load does not.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from datetime import date, timedelta
from statistics import median
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track
from rich.table import Table

SLOWDOWN = 4
ROUNDS = 7
PATIENCE_SECONDS = 60

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
    with Browser() as browser:
        rounds = [measure(browser, origin, token) for _ in track(range(ROUNDS), "Opening the page")]
    page = Speed(*(median(values) for values in zip(*rounds, strict=True)))
    table = Table("", f"ms, processor / {SLOWDOWN}", "ms of processor")
    table.add_row("first contentful paint", f"{page.first_paint:.0f}", "")
    table.add_row("figures shown", f"{page.shown:.0f}", f"{page.opening:.0f}")
    table.add_row("a year of days in place of a month, all of the page", "", f"{page.year:.0f}")
    table.add_row("a second of standing there", "", f"{page.standing:.0f}")
    Console().print(table)


class Speed(NamedTuple):
    """Milliseconds: on the clock, slowed down, until the first paint and until the figures are shown.

    Then of the main thread's processor, not slowed down: of opening the page, of a second of standing there,
    and of a year of days in place of a month.
    """

    first_paint: float
    shown: float
    opening: float
    standing: float
    year: float


class Browser:
    """A Chromium that is spoken to by a pipe.

    Playwright is not used here: it has the browser keep the stack of every call, which
    doubles what scripts take.
    """

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp()
        commands, self._write = os.pipe()
        answers, write = os.pipe()
        # chromium reads commands from 3 and answers to 4; by bash, for not every sh knows numbers above 9
        command = f"exec {shutil.which('chromium')} --headless --no-sandbox --remote-debugging-pipe"
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f"{command} --user-data-dir={self._profile} 3<&{commands} 4>&{write}"],
            pass_fds=(commands, write),
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(write)
        self._answers = os.fdopen(answers, "rb")
        self._sent = 0

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.call("Browser.close")
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """A command of the Chrome DevTools Protocol. Errors: RuntimeError with what Chromium answered."""
        self._sent += 1
        command: dict[str, object] = {"id": self._sent, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while (answer := self._read()).get("id") != self._sent:
            pass
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("chromium has ended")
            message += byte
        return json.loads(message)


class Tab:
    """A phone's page of somebody who is signed in, with the processor slowed down so many times."""

    def __init__(self, browser: Browser, token: str, slowdown: int) -> None:
        self._browser = browser
        self._context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self._context)
        attached = browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")
        self.call("Performance.enable", timeDomain="threadTicks")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True
        )
        self.call("Emulation.setCPUThrottlingRate", rate=slowdown)
        source = f"sessionStorage.setItem('molam.token', '{token}');{WATCH}"
        self.call("Page.addScriptToEvaluateOnNewDocument", source=source)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """A command for this page."""
        return self._browser.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """What a script of one expression gives."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until it is true; seldom asked, for that takes the page's time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the page did not get so far: {expression}")
            time.sleep(0.2)

    def work(self) -> float:
        """Milliseconds that the main thread has used the processor for."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration") * 1000

    def close(self) -> None:
        """Ends it and what it kept."""
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)


def measure(browser: Browser, origin: str, token: str) -> Speed:
    """Opens the page twice, for somebody with this token."""
    slow = Tab(browser, token, SLOWDOWN)
    slow.call("Page.navigate", url=origin)
    slow.wait_for("window.shownAt")
    times = slow.evaluate(FIRST_PAINT), slow.evaluate("window.shownAt")
    slow.close()
    tab = Tab(browser, token, 1)
    tab.call("Page.navigate", url=origin)
    tab.wait_for("window.shownAt")
    opening = tab.work()
    tab.wait_for("document.querySelector('input[type=range]') !== null")
    time.sleep(2)
    standing = _work_of_a_second(tab)
    end = date.today() - timedelta(days=1)
    query = f"/?range=custom&from={end - timedelta(days=364)}&to={end}"
    tab.evaluate(f"history.pushState(null, '', '{query}')")
    year = _work_of_a_second(tab)
    if tab.evaluate("document.querySelector('input[type=range]').max") != "364":
        raise RuntimeError("a year was not there within a second")
    tab.close()
    return Speed(*times, opening, standing, year)


def _work_of_a_second(tab: Tab) -> float:
    before = tab.work()
    time.sleep(1)
    return tab.work() - before


if __name__ == "__main__":
    main()
