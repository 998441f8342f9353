"""What `molam status` prints for people: the database's own tables, coloured."""

import re
from typing import Any, TypeGuard

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]

# A row that has something in one of these is red.
_ALARMS = ("is_failing", "held_back_by", "reason")


def print_status(console: Console, status: Row) -> None:
    """Prints what `molam status --json` holds: plain values, health, then a table for each list."""
    health: Row = status["health"]
    plain = {name: value for name, value in status.items() if not isinstance(value, dict | list)}
    lines = [Text(f"{name}: {_plain(value)}") for name, value in plain.items()]
    console.print(*lines, *_verdict(health), _health_table(health), sep="\n")
    for name, rows in status.items():
        if _is_rows(rows):
            console.print(_section(name, rows))


def _verdict(health: Row) -> list[Text]:
    if health["is_healthy"]:
        return [Text("\nhealthy", style="bold green")]
    reasons = [Text(f"  {reason}", style="red") for reason in health["reasons"]]
    return [Text("\nnot healthy", style="bold red"), *reasons]


def _health_table(health: Row) -> Table:
    table = Table(show_header=False, box=None)
    for name, value in health.items():
        if name not in ("is_healthy", "reasons", "code_versions"):
            table.add_row(Text(name, style="cyan"), _plain(value))
    return table


def _section(name: str, rows: list[Row]) -> RenderableType:
    title = Text(f"\n{name.replace('_', ' ')}", style="bold")
    if not rows:
        return Group(title, Text("  none", style="dim"))
    table = Table(*rows[0], box=None, header_style="cyan", padding=(0, 1))
    for row in rows:
        table.add_row(
            *(_plain(value) for value in row.values()),
            style="red" if any(row.get(alarm) for alarm in _ALARMS) else None,
        )
    return Group(title, table)


def _is_rows(value: object) -> TypeGuard[list[Row]]:
    return isinstance(value, list)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if _is_list(value):
        return "; ".join(map(str, value)) or "-"
    return re.sub(r"(T\d\d:\d\d:\d\d)\.\d+", r"\1", str(value))  # instants to the second
