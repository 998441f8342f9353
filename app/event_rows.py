"""The rows of an event file: CSV with the event's field names as header, or NDJSON.

Reads in constant memory and knows its place, so that reading can go on there later.
"""

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from app.models import Event

# Far above any valid event; bounds the memory that a broken file can take.
MAX_LINE_BYTES = 64 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REQUIRED_COLUMNS = ("transaction_id", "event_type", "amount", "currency")


class UnreadableFileError(Exception):
    """The file is not what it should be; the message says why."""


class Position(msgspec.Struct, frozen=True):
    """A place between two rows: the bytes and the lines before it."""

    offset: int
    line: int


class Row(NamedTuple):
    """One record, starting on that line: the event's JSON, or the reason why it has none."""

    line: int
    end: Position
    event: bytes
    problem: str | None = None


class EventRows:
    """The rows of an open file. Errors: UnreadableFileError when it does not begin as an event file does."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        lines = _Lines(file, Position(0, 0))
        first_row = next((line for line in lines if line.strip()), b"")
        text = first_row.removeprefix(_BYTE_ORDER_MARK)
        if text.lstrip().startswith(b"{"):
            self._columns = None
            self.start = Position(lines.position.offset - len(text), lines.position.line - 1)
        else:
            self._columns = _read_header(text)
            self.start = lines.position

    def read(self, start: Position) -> Iterator[Row]:
        """The rows from a position on; blank lines are none."""
        lines = _Lines(self._file, start)
        return _ndjson_rows(lines) if self._columns is None else _csv_rows(lines, self._columns)


class _Lines(Iterator[bytes]):
    """The lines of a file from a position on, and the position after the last one read."""

    def __init__(self, file: BinaryIO, position: Position) -> None:
        file.seek(position.offset)
        self._file = file
        self.position = position

    def __next__(self) -> bytes:
        line = self._file.readline(MAX_LINE_BYTES + 1)
        if not line:
            raise StopIteration
        self.position = Position(self.position.offset + len(line), self.position.line + 1)
        if len(line) > MAX_LINE_BYTES:
            raise UnreadableFileError(f"line {self.position.line} is longer than {MAX_LINE_BYTES} bytes")
        return line


def _read_header(line: bytes) -> list[str]:
    columns = next(csv.reader([line.decode("utf-8", "replace")]), list[str]())
    known = Event.__struct_fields__
    if not columns:
        raise UnreadableFileError("there is nothing in it; the first line must hold the names of the columns")
    if unknown := [column for column in columns if column not in known]:
        names = ", ".join(repr(name[:100]) for name in unknown[:5])
        raise UnreadableFileError(f"unknown column {names}; the fields of an event are {', '.join(known)}")
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        raise UnreadableFileError(f"column {', '.join(repeated)} is there twice")
    if missing := [column for column in _REQUIRED_COLUMNS if column not in columns]:
        raise UnreadableFileError(f"column {', '.join(missing)} is missing")
    return columns


def _ndjson_rows(lines: _Lines) -> Iterator[Row]:
    for line in lines:
        if event := line.strip():
            yield Row(lines.position.line, lines.position, event)


def _csv_rows(lines: _Lines, columns: list[str]) -> Iterator[Row]:
    # A byte that is not UTF-8 becomes a lone surrogate, which no JSON text can hold.
    cells_of_rows = csv.reader((line.decode("utf-8", "surrogateescape") for line in lines), strict=True)
    while True:
        first_line = lines.position.line + 1
        event, problem = b"", None
        try:
            cells = next(cells_of_rows)
            if not cells:
                continue
            if len(cells) == len(columns):
                named_cells = zip(columns, cells, strict=True)
                event = msgspec.json.encode({name: cell for name, cell in named_cells if cell})
            else:
                problem = f"has {len(cells)} cells, the header has {len(columns)}"
        except StopIteration:
            return
        except UnicodeEncodeError:
            problem = "is not UTF-8 text"
        except csv.Error as error:
            problem = f"is not CSV: {error}"
        yield Row(first_line, lines.position, event, problem)
