"""docs/api.md: its commands run as they stand, and what comes back has the shape that the page shows."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.errors import PROBLEM_TYPES
from tests.conftest import COMMANDS
from tests.http.conftest import BOTH_SCOPES, Service, create_tenant, event, post
from tests.http.people import Person

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"^```(sh|json|csv|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MARK = "=== next ==="


def test_its_commands(
    service: Service,
    client: httpx.Client,
    db: psycopg.Connection[Any],
    owner: Person,
    drain: Callable[[psycopg.Connection[Any]], None],
) -> None:
    if missing := [program for program in COMMANDS if not shutil.which(program)]:
        pytest.skip(f"the page's commands need {', '.join(missing)}")
    tenant = create_tenant(db, owner.merchant_id, BOTH_SCOPES)
    sold = {"customer_id": "cust-1", "product_id": "prod-1", "product_name": "Basic"}
    failed = event(event_type="payment_failed", failure_code="insufficient_funds")
    post(client, "/api/events/transaction/batch", tenant, [event(**sold), event(**sold), failed])
    drain(db)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "URL": service.url,
        "KEY": tenant.api_key,
        "TOKEN": owner.headers["Authorization"].removeprefix("Bearer "),
    }
    outputs = run([text for kind, text in BLOCKS if kind == "sh"], environment)
    setting_up, *shown = outputs
    assert setting_up == ""
    expected = [(kind, text) for kind, text in BLOCKS if kind != "sh"]
    assert len(shown) == len(expected)
    for (kind, text), output in zip(expected, shown, strict=True):
        compare = {"json": compare_json, "csv": compare_csv, "text": compare_text}[kind]
        compare(text, output)


def run(commands: list[str], environment: dict[str, str]) -> list[str]:
    """What each of the commands prints, in one shell, so that later ones know what earlier ones got."""
    script = "set -euo pipefail\n" + f"\necho; echo '{MARK}'\n".join(commands)
    result = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return [output.strip() for output in result.stdout.split(MARK)]


def compare_json(shown: str, output: str) -> None:
    assert shape(json.loads(output), json.loads(shown)), f"shown:\n{shown}\nanswered:\n{output}"


def compare_csv(shown: str, output: str) -> None:
    lines = output.splitlines()
    assert lines[0] == shown.splitlines()[0]
    assert len(lines) > 1


def compare_text(shown: str, output: str) -> None:
    """As many lines, each beginning with the same word."""
    first_words = [re.match(r"\w+", line) for line in shown.splitlines()]
    for word, line in zip(first_words, output.splitlines(), strict=True):
        assert word
        assert line.startswith(word[0]), output


def shape(answered: Any, shown: Any) -> bool:
    """Whether it has the same fields, of the same kinds; what may be null may be anything."""
    if answered is None or shown is None:
        return True
    if isinstance(shown, dict):
        is_map = shown == {}
        return isinstance(answered, dict) and (
            is_map
            or (set(answered) == set(shown) and all(shape(answered[name], shown[name]) for name in shown))
        )
    if isinstance(shown, list):
        return (
            isinstance(answered, list)
            and bool(answered) >= bool(shown)
            and all(any(shape(item, like) for like in shown) for item in (answered[:1] if shown else []))
        )
    numbers = (int, float)
    if isinstance(shown, numbers) and not isinstance(shown, bool):
        return isinstance(answered, numbers) and not isinstance(answered, bool)
    return type(answered) is type(shown)


def test_it_has_every_operation(client: httpx.Client) -> None:
    document = client.get("/docs/openapi.json").json()
    operations = {
        f"{method.upper()} {path}" for path, described in document["paths"].items() for method in described
    }
    headings = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == operations
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        assert "```sh\ncurl" in section or "$(curl" in section or "curl -s $URL" in section, section[:80]


def test_it_has_every_problem() -> None:
    rows = re.findall(r"^\| `(/problems/\S+)` \| (\d+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    kinds = PROBLEM_TYPES.values()
    assert rows == [(kind.address, str(kind.status), kind.title, kind.remedy) for kind in kinds]
