"""`molam import`: event files of any size in, through `api.ingest_events`, with the checks of HTTP.

An import that was interrupted goes on where it was when it is run again. One that was finished sends
everything again, which the identity of events makes harmless.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg

from app import models, operations
from app.errors import FieldError, Problem
from app.event_rows import EventRows, Position, Row
from app.import_journal import ImportJournal, ImportProgress, ImportSummary
from app.progress import Report

# Batches on their way to the database while the next one is read and checked.
_IN_FLIGHT = 2

Json = dict[str, Any]
Send = Callable[[bytes], Json]


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that was not stored, and why; `outcome` is conflict or rejected."""

    line: int
    outcome: str
    errors: list[FieldError]


def refused_rows_path(path: Path) -> Path:
    """Where an import of that file writes the rows that were not stored, one JSON object a line."""
    return path.with_name(f"{path.name}.refused.ndjson")


def import_events(connection_url: str, merchant_id: UUID, path: Path, report: Report) -> ImportSummary:
    """Sends all events of a file; rows that are not stored are written to `refused_rows_path(path)`.

    Errors: UnreadableFileError; OSError; psycopg.Error, after which running it again goes on.
    """
    with path.open("rb") as file, psycopg.connect(connection_url, autocommit=True) as connection:
        rows = EventRows(file)
        size = path.stat().st_size
        journal = ImportJournal(path, merchant_id)

        def send(events: bytes) -> Json:
            return operations.ingest_events(connection, merchant_id, events)

        start, summary = _find_start(journal, rows, send)
        if start == rows.start:
            refused_rows_path(path).unlink(missing_ok=True)
        for outcome in _send_all(rows.read(start), send):
            summary += outcome.summary
            _write_refused(path, outcome.refused)
            journal.write(ImportProgress(start, outcome.end, summary))
            start = outcome.end
            report(start.offset / size, summary.total)
        journal.forget()
    return summary


# --- batches -------------------------------------------------------------------------------------


class _Batch:
    """Rows to send at once. One that is no event goes as `{}`, which is rejected at its place."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self._errors = {index: error for index, row in enumerate(rows) if (error := _find_error(row))}
        items = (b"{}" if index in self._errors else row.event for index, row in enumerate(rows))
        self.text = b"[%b]" % b",".join(items)

    def read(self, answer: Json) -> "_Outcome":
        """What the database's answer to the batch means for its rows."""
        refused = [
            self._refused_row(result["index"], result)
            for result in answer["results"]
            if result["outcome"] in ("conflict", "rejected")
        ]
        return _Outcome(self._rows[-1].end, msgspec.convert(answer, ImportSummary), refused)

    def _refused_row(self, index: int, result: Json) -> RefusedRow:
        if index in self._errors:
            errors = [self._errors[index]]
        else:
            errors = [
                FieldError(error["pointer"].removeprefix(f"/{index}"), error["detail"])
                for error in result["errors"]
            ]
        return RefusedRow(self._rows[index].line, result["outcome"], errors)


class _Outcome(NamedTuple):
    """What became of a batch that ends there."""

    end: Position
    summary: ImportSummary
    refused: list[RefusedRow]


def _find_error(row: Row) -> FieldError | None:
    if row.problem:
        return FieldError("", row.problem)
    try:
        models.check_event(row.event)
    except Problem as problem:
        match problem.errors:
            case [FieldError() as error, *_]:
                return error
            case _:
                return FieldError("", problem.detail)
    return None


def _send_all(rows: Iterator[Row], send: Send) -> Iterator[_Outcome]:
    """Sends batch after batch, in a thread so that reading goes on; gives the outcomes in order."""
    sent: deque[tuple[_Batch, Future[Json]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as sender:
        while batch_rows := list(itertools.islice(rows, models.MAX_EVENTS)):
            batch = _Batch(batch_rows)
            sent.append((batch, sender.submit(send, batch.text)))
            if len(sent) > _IN_FLIGHT:
                yield _settle(*sent.popleft())
        while sent:
            yield _settle(*sent.popleft())


def _settle(batch: _Batch, answer: Future[Json]) -> _Outcome:
    return batch.read(answer.result())


def _write_refused(path: Path, refused: list[RefusedRow]) -> None:
    if refused:
        with refused_rows_path(path).open("ab") as file:
            file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in refused))


def _find_start(journal: ImportJournal, rows: EventRows, send: Send) -> tuple[Position, ImportSummary]:
    """Where to begin: after what an interrupted import has had acknowledged, if this database still has it.

    It could be another one by now, or an older copy; so the last batch is sent again, and must be known.
    """
    progress = journal.read()
    if progress is None:
        return rows.start, ImportSummary()
    end = progress.batch_end.offset
    last_rows = itertools.takewhile(lambda row: row.end.offset <= end, rows.read(progress.batch_start))
    batch = _Batch(list(last_rows))
    repeated = batch.read(send(batch.text)).summary
    if repeated.ingested or not repeated.duplicates:
        return rows.start, ImportSummary()
    return progress.batch_end, progress.summary
