"""What was measured, as a table to read and as one in the documentation."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
COLUMNS = ("figure", "median", "lowest", "highest", "unit", "target", "reached")


class Figure(msgspec.Struct):
    """One line of the result: the median of its samples, and what it should at least or at most be."""

    name: str
    unit: str
    samples: list[float]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def verdict(self) -> str:
        if not self.target:
            return ""
        is_high_enough = self.at_least is None or self.value >= self.at_least
        is_low_enough = self.at_most is None or self.value <= self.at_most
        return "yes" if is_high_enough and is_low_enough else "NO"

    @property
    def row(self) -> list[str]:
        """Its cells in a table with COLUMNS."""
        numbers = map(readable, (self.value, min(self.samples), max(self.samples)))
        return [self.name, *numbers, self.unit, self.target, self.verdict]


def ratios(dividends: Iterable[float], divisors: Iterable[float]) -> list[float]:
    """Quotients, round by round."""
    return [dividend / divisor for dividend, divisor in zip(dividends, divisors, strict=True)]


def rates(events: int, seconds: Iterable[float]) -> list[float]:
    """Events a second, round by round."""
    return [events / each for each in seconds]


def readable(value: float) -> str:
    """Three digits, at least."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_table(columns: Sequence[str], rows: Iterable[Iterable[str]], title: str) -> None:
    """A table on standard output, names in its first column."""
    table = Table(columns[0], title=title)
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    Console(width=160).print(table)


def write_page(mark: str, columns: Sequence[str], rows: Iterable[Iterable[str]], title: str) -> None:
    """Puts the table into the page of the documentation, between the marks of that name."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    before, _, rest = PAGE.read_text().partition(begin)
    after = rest.partition(end)[2]
    lines = [f"{title}:", "", _line(columns), f"|---|{'--:|' * (len(columns) - 1)}", *map(_line, rows)]
    PAGE.write_text("".join([before, begin, "\n".join(lines), "\n", end, after]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
