"""A progress bar for long commands, on the terminal only."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Report = Callable[[float, int], None]
"""Told the share that is done, from 0 to 1, and the number of events (or other units) so far."""


@contextmanager
def progress_bar(label: str, *, unit: str = "events", is_quiet: bool = False) -> Generator[Report]:
    """Shows a bar with units a second on standard error; shows nothing when quiet or not on a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[done]:,} {task.fields[unit]}, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(compact=True),
    )
    started_at = time.monotonic()
    with Progress(*columns, console=console, disable=is_quiet or not console.is_terminal) as progress:
        # Braces and brackets in a file's name are not markup.
        task = progress.add_task(label.replace("[", r"\["), total=1.0, done=0, unit=unit, rate=0.0)

        def report(share: float, done: int) -> None:
            rate = done / (time.monotonic() - started_at)
            progress.update(task, completed=share, done=done, rate=rate)

        yield report


@contextmanager
def step_bar(label: str, *, is_quiet: bool = False) -> Generator[Callable[[float, str], None]]:
    """Shows a bar with the step that is being made; told the share done, from 0 to 1, and the step."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[step]}"),
    )
    with Progress(*columns, console=console, disable=is_quiet or not console.is_terminal) as progress:
        task = progress.add_task(label, total=1.0, step="")

        def report(share: float, step: str) -> None:
            progress.update(task, completed=share, step=step)

        yield report
