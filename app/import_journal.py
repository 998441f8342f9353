"""How far an unfinished import has come, kept in the user's state folder."""

import hashlib
from pathlib import Path
from uuid import UUID

import msgspec
import platformdirs

from app.event_rows import Position


class ImportSummary(msgspec.Struct, frozen=True):
    """What became of the rows of a file."""

    total: int = 0
    ingested: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0

    def __add__(self, other: "ImportSummary") -> "ImportSummary":
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return ImportSummary(*(a + b for a, b in pairs))


class ImportProgress(msgspec.Struct, frozen=True):
    """Where the last acknowledged batch starts and ends, and the sums up to its end."""

    batch_start: Position
    batch_end: Position
    summary: ImportSummary


class ImportJournal:
    """The progress of one merchant's import of one file; a file that was changed is another file."""

    def __init__(self, path: Path, merchant_id: UUID) -> None:
        status = path.stat()
        identity = f"{path.resolve()} {status.st_size} {status.st_mtime_ns} {merchant_id}"
        name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
        self._path = platformdirs.user_state_path("molam", appauthor=False) / "imports" / f"{name}.json"

    def read(self) -> ImportProgress | None:
        """What an interrupted import has left; None when there is none."""
        if not self._path.exists():
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=ImportProgress)
        except msgspec.DecodeError:
            return None  # cut short by a power cut; sending everything again is harmless

    def write(self, progress: ImportProgress) -> None:
        """Replaces what is there, at once or not at all."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".new")
        unfinished.write_bytes(msgspec.json.encode(progress))
        unfinished.replace(self._path)

    def forget(self) -> None:
        """The import is finished."""
        self._path.unlink(missing_ok=True)
