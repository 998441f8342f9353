"""What `molam status` prints for people: the database's own tables, coloured."""

import re
from datetime import UTC, datetime
from typing import Any, TypeGuard

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]

# A row that has something in one of these is red.
_ALARMS = ("is_failing", "held_back_by", "reason", "error")

_INSTANT = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d:\d\d)(\.\d+)?\+00:00")

_NOTHING: tuple[object, ...] = (None, False, [])


def print_status(console: Console, status: Row) -> None:
    """Prints what `molam status --json` holds: plain values, health, then a table for each list."""
    health: Row = status["health"]
    plain = {name: value for name, value in status.items() if not isinstance(value, dict | list)}
    lines = [Text(f"{name}: {_plain(value)}") for name, value in plain.items()]
    console.print(*lines, "Times are in UTC.", sep="\n", soft_wrap=True)
    console.print(*_verdict(health), _health_table(health), sep="\n")
    for name, rows in status.items():
        if _is_rows(rows):
            console.print(_section(name, rows), crop=False)


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
    """The rows, those alone that have something to tell, without the columns in which none has."""
    title = Text(f"\n{_words(name)}", style="bold")
    told = [row for row in rows if name != "lag" or row["pending_events"] or row["held_back_by"]]
    if not told:
        return Group(title, Text("  none" if not rows else f"  none in {len(rows)} buckets", style="dim"))
    columns = [column for column in told[0] if any(row[column] not in _NOTHING for row in told)]
    table = Table(box=None, header_style="cyan", collapse_padding=True)
    for column in columns:
        # no time and no name is cut into two; an error, which is long, is wrapped
        words = [word for row in told for word in _plain(row[column]).split()]
        table.add_column(_words(column), min_width=min(max(map(len, words)), 30), overflow="fold")
    for row in told:
        table.add_row(
            *(_plain(row[column]) for column in columns),
            style="red" if any(row.get(alarm) for alarm in _ALARMS) else None,
        )
    return Group(title, table)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _is_rows(value: object) -> TypeGuard[list[Row]]:
    return isinstance(value, list)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if _is_list(value):
        return "; ".join(map(str, value)) or "-"
    return _INSTANT.sub(_instant, str(value))


def _instant(match: re.Match[str]) -> str:
    """To the second; of today only the time, of a whole day only the date."""
    day, time = match["day"], match["time"]
    if time == "00:00:00":
        return day
    return time if day == f"{datetime.now(UTC):%Y-%m-%d}" else f"{day} {time}"
