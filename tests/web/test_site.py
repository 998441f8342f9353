"""The documentation's site: every link leads somewhere, and nothing comes from other hosts."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from app.release import PROJECT_DIR
from tests.conftest import MERMAID, missing_software

# What a browser fetches by itself; where a link leads to is up to who follows it.
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MERMAID.exists():
        pytest.skip("; ".join(missing_software()))
    folder = tmp_path_factory.mktemp("site")
    build(PROJECT_DIR, folder, 0)
    return folder


def build(project: Path, folder: Path, status: int) -> str:
    """Builds it; gives what mkdocs says."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert result.returncode == status, result.stderr
    return result.stderr


def test_every_page_is_in_it(site: Path) -> None:
    pages = {page.stem for page in (PROJECT_DIR / "docs").glob("*.md")} | {"sql-conventions"}
    assert {page.stem for page in site.glob("*.html")} - {"404"} == pages


@pytest.mark.parametrize("link", ["nowhere.md", "api.md#nowhere", "../nowhere.md", "/nowhere"])
def test_a_link_that_leads_nowhere_stops_it(tmp_path: Path, link: str) -> None:
    (tmp_path / "docs").mkdir()
    text = (PROJECT_DIR / "mkdocs.yml").read_text()
    without_navigation = re.sub(r"^nav:\n.*", "", text, flags=re.MULTILINE | re.DOTALL)
    without_hooks = re.sub(r"^hooks:\n.*?\n\n", "", without_navigation, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "mkdocs.yml").write_text(without_hooks)
    (tmp_path / "docs" / "api.md").write_text("# API\n")
    (tmp_path / "docs" / "index.md").write_text("# Start\n\n[API](api.md#api)\n")
    build(tmp_path, tmp_path / "site", 0)
    (tmp_path / "docs" / "index.md").write_text(f"# Start\n\n[lost]({link})\n")
    assert "nowhere" in build(tmp_path, tmp_path / "site", 1)


class _Loaded(HTMLParser):
    """Gathers the addresses that a page loads from."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link" and values.get("rel") in ("canonical", "next", "prev"):
            return
        if address := values.get(LOADING.get(tag, "")):
            self.addresses.append(address)


def test_nothing_is_loaded_from_other_hosts(site: Path) -> None:
    for page in site.glob("*.html"):
        for address in _Loaded(page.read_text()).addresses:
            assert not re.match(r"(?:[a-z]+:)?//", address), f"{page.name} loads {address}"
            path = (page.parent / address.split("?")[0].split("#")[0]).resolve()
            # a page that is not found does not know where it stands
            assert page.name == "404.html" or path.exists(), f"{page.name} loads {address}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//|@import", sheet.read_text()), sheet


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_browser_asks_no_other_host_and_draws_the_diagram(address: str, browser: Browser) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    for name in ("index.html", "api.html", "contributing.html"):
        page.goto(f"{address}/{name}")
    page.goto(f"{address}/schema.html")
    # drawn into a shadow that nobody may look into: it is as high as the diagram
    page.wait_for_function("() => document.querySelector('div.mermaid')?.clientHeight > 100")
    page.close()
    assert asked
    assert [url for url in asked if not url.startswith(f"{address}/")] == []
