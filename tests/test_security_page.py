"""docs/security.md: every test that it names exists, and every risk of the list has some."""

import ast
import re

from app.release import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "security.md"
TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def names_in(path: str) -> set[str]:
    tree = ast.parse((PROJECT_DIR / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_it_names_exists() -> None:
    named = TEST.findall(PAGE.read_text())
    assert f"This page names {len(set(named))} tests." in PAGE.read_text()
    missing = [f"{path}::{test}" for path, test in named if test not in names_in(path)]
    assert not missing
    assert all(test.startswith("test_") for _, test in named)


def test_every_risk_of_the_list_has_tests() -> None:
    rows = re.findall(r"^\| API(\d+):2023 .*$", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 11))
    for row in re.findall(r"^\| API\d+:2023 .*$", PAGE.read_text(), re.MULTILINE):
        assert TEST.search(row), row
