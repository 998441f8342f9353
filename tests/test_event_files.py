"""`molam import`: what is read from files, what is refused and where, and going on after an interruption."""

import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from app import event_rows, operations
from app.event_files import import_events, refused_rows_path
from app.event_rows import UnreadableFileError
from app.import_journal import ImportSummary

pytestmark = pytest.mark.shared_database

Connection = psycopg.Connection[tuple]
Import = Callable[..., ImportSummary]

HEADER = "transaction_id,event_type,amount,currency\n"


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps journals out of the user's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "molam" / "imports"


@pytest.fixture
def import_file(database_url: str, shop: UUID) -> Import:
    def run(path: Path) -> ImportSummary:
        return import_events(database_url, shop, path, lambda share, events: None)

    return run


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def event(number: int, **fields: Any) -> dict[str, Any]:
    same = {"event_type": "payment_succeeded", "amount": "1000", "currency": "XOF"}
    return {"transaction_id": f"t{number}", **same, **fields}


def ndjson(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in events)


def refused(path: Path) -> list[tuple[int, str, list[str]]]:
    """Line, outcome and the pointers of the errors of each row in the report."""
    rows = [json.loads(line) for line in refused_rows_path(path).read_text().splitlines()]
    return [(row["line"], row["outcome"], [error["pointer"] for error in row["errors"]]) for row in rows]


def stored(db: Connection, shop: UUID, columns: LiteralString) -> list[tuple]:
    query = f"select {columns} from data.transaction_events where merchant_id = %s order by transaction_id"
    return db.execute(query, (shop,)).fetchall()


# --- formats -------------------------------------------------------------------------------------


def test_csv_in_any_column_order_quoted_with_byte_order_mark(
    import_file: Import, db: Connection, shop: UUID, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "payments.csv",
        b"\xef\xbb\xbfproduct_name,currency,amount,fee,event_type,transaction_id,customer_id,occurred_at\r\n"
        b'"Riz ""parfum\xc3\xa9"", 25\r\nkg",XOF,15500.00,155,'
        b"payment_succeeded,t1,c1,2026-01-31T09:30:00+01:00\r\n"
        b"\r\n"
        b",XOF,500,,payment_failed,t2,,\r\n",
    )
    assert import_file(path) == ImportSummary(total=2, ingested=2)
    columns = "product_name, amount, fee, customer_id, occurred_at = '2026-01-31 08:30:00Z', payment_method"
    assert stored(db, shop, columns) == [
        ('Riz "parfumé", 25\r\nkg', Decimal(15500), Decimal(155), "c1", True, "unknown"),
        (None, Decimal(500), Decimal(0), None, False, "unknown"),
    ]


def test_ndjson_whatever_its_name(import_file: Import, db: Connection, shop: UUID, tmp_path: Path) -> None:
    lines = ndjson(event(1, amount=12.5, currency="EUR"), event(2, customer_id="Awa"))
    path = write(tmp_path / "payments.txt", b"\xef\xbb\xbf" + lines.replace("\n", "\r\n\n").encode())
    assert import_file(path) == ImportSummary(total=2, ingested=2)
    assert stored(db, shop, "amount, customer_id") == [(Decimal("12.5"), None), (Decimal(1000), "Awa")]


def test_amounts_keep_every_digit(import_file: Import, db: Connection, shop: UUID, tmp_path: Path) -> None:
    write(tmp_path / "f.csv", f"{HEADER}t1,payment_succeeded,999999999999999.999,KWD\n")
    write(tmp_path / "f.ndjson", ndjson(event(2, currency="KWD")).replace('"1000"', "999999999999999.999"))
    assert import_file(tmp_path / "f.csv").ingested == 1
    assert import_file(tmp_path / "f.ndjson").ingested == 1
    assert stored(db, shop, "amount") == [(Decimal("999999999999999.999"),)] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there is nothing in it"),
        ("transaction_id,event_type,amount,currency,colour\n", "unknown column 'colour'"),
        ("transaction_id;event_type;amount;currency\n", "unknown column 'transaction_id;event_type;"),
        ('[{"transaction_id": "t1"}]\n', 'unknown column \'.{"transaction_id"'),
        ("transaction_id,event_type,amount,currency,fee,fee\n", "column fee is there twice"),
        ("transaction_id,event_type\n", "column amount, currency is missing"),
        ("x" * 70_000, "line 1 is longer than 65536 bytes"),
    ],
)
def test_a_file_that_begins_wrong_is_refused_as_a_whole(content: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", content)
    with pytest.raises(UnreadableFileError, match=message), path.open("rb") as file:
        event_rows.EventRows(file)


def test_nothing_is_stored_of_a_file_with_an_unknown_column(
    import_file: Import, db: Connection, shop: UUID, tmp_path: Path
) -> None:
    path = write(tmp_path / "f.csv", HEADER[:-1] + ",colour\nt1,payment_succeeded,1,XOF,red\n")
    with pytest.raises(UnreadableFileError, match="'colour'"):
        import_file(path)
    assert stored(db, shop, "event_id") == []


def test_an_unknown_merchant_is_an_error(database_url: str, tmp_path: Path) -> None:
    path = write(tmp_path / "f.ndjson", ndjson(event(1)))
    with pytest.raises(psycopg.Error) as error:
        import_events(database_url, uuid4(), path, lambda share, events: None)
    assert error.value.sqlstate == "ML404"


# --- rows that are not stored --------------------------------------------------------------------


def test_refused_rows_of_a_csv_are_reported_with_their_lines(import_file: Import, tmp_path: Path) -> None:
    rows = [
        b"t1,payment_succeeded,1000,XOF",
        b"t2,payment_succeeded,1000.50,XOF",
        b"t3,payment_succeeded,many,XOF",
        b"t4,payment_vanished,1,XOF",
        b"t5,payment_succeeded,1,XOF,more",
        b"t6,payment_succeeded,,XOF",
        b"t\xff7,payment_succeeded,1,XOF",
        b't8,"payment"_succeeded,1,XOF',
        b"t9\0,payment_succeeded,1,XOF",
        b'"t\n10",payment_succeeded,1,XXX',
        b"t1,payment_succeeded,2000,XOF",
        b"t1,payment_succeeded,1000.00,XOF",
        b"t11,payment_succeeded,1,XOF",
    ]
    path = write(tmp_path / "f.csv", HEADER.encode() + b"\n".join(rows) + b"\n")
    summary = import_file(path)
    assert summary == ImportSummary(total=13, ingested=2, duplicates=1, conflicts=1, rejected=9)
    assert refused(path) == [
        (3, "rejected", ["/amount"]),
        (4, "rejected", ["/amount"]),
        (5, "rejected", ["/event_type"]),
        (6, "rejected", [""]),
        (7, "rejected", ["/amount"]),
        (8, "rejected", [""]),
        (9, "rejected", [""]),
        (10, "rejected", ["/transaction_id"]),
        (11, "rejected", ["/currency"]),
        (13, "conflict", ["/amount"]),
    ]


def test_refused_rows_of_ndjson_are_reported_with_their_lines(import_file: Import, tmp_path: Path) -> None:
    good = json.dumps(event(1))
    lines = [
        good,
        '{"transaction_id": "half"',
        '"currency": "XOF"}',
        f"{good}, {good}",
        good.replace('"amount"', '"amount": 1, "amount"'),
        good[:-1] + ', "colour": "red"}',
        good.replace('"t1"', '"\\ud800"'),
        "[" * 60_000,
        "7",
        json.dumps(event(2)),
    ]
    path = write(tmp_path / "f.ndjson", "\n".join(lines))
    assert import_file(path) == ImportSummary(total=10, ingested=2, rejected=8)
    assert [line for line, _, _ in refused(path)] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert refused(path)[4] == (6, "rejected", ["/colour"])


def test_a_report_is_of_the_last_import_alone(import_file: Import, tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", f"{HEADER}t1,payment_succeeded,-1,XOF\n")
    for _ in range(2):
        assert import_file(path).rejected == 1
        assert len(refused(path)) == 1
    write(path, f"{HEADER}t1,payment_succeeded,1,XOF\n")
    assert import_file(path).ingested == 1
    assert not refused_rows_path(path).exists()


# --- repeating and going on ----------------------------------------------------------------------


def test_a_second_import_stores_nothing(import_file: Import, state_folder: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "f.ndjson", ndjson(*map(event, range(2500))))
    assert import_file(path) == ImportSummary(total=2500, ingested=2500)
    assert list(state_folder.iterdir()) == []
    assert import_file(path) == ImportSummary(total=2500, duplicates=2500)


@pytest.fixture
def sent_batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that are acknowledged. The connection breaks once, before t3500."""
    sizes: list[int] = []
    breaks = iter([True])
    ingest_events = operations.ingest_events

    def ingest(connection: Connection, merchant_id: UUID, events: bytes) -> dict[str, Any]:
        if b"t3500" in events and next(breaks, False):
            connection.close()
        answer = ingest_events(connection, merchant_id, events)
        sizes.append(answer["total"])
        return answer

    monkeypatch.setattr(operations, "ingest_events", ingest)
    return sizes


def long_file(path: Path, suffix: str) -> Path:
    """5000 rows, the one on line 3 of the file refused."""
    events = [event(n, amount="-1" if n == 1 else "1000") for n in range(5000)]
    if suffix == "ndjson":
        return write(path, "\n" + ndjson(*events)[:-1])
    lines = [f'{e["transaction_id"]},{e["event_type"]},{e["amount"]},"{e["currency"]}"' for e in events]
    return write(path, HEADER + "\n".join(lines))


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_an_interrupted_import_goes_on(
    import_file: Import, sent_batches: list[int], db: Connection, shop: UUID, tmp_path: Path, suffix: str
) -> None:
    path = long_file(tmp_path / f"f.{suffix}", suffix)
    with pytest.raises(psycopg.OperationalError):
        import_file(path)
    assert sent_batches == [1000] * 3

    assert import_file(path) == ImportSummary(total=5000, ingested=4999, rejected=1)
    # once more the last one of those, then the two that were missing
    assert sent_batches == [1000] * 6
    assert refused(path) == [(3, "rejected", ["/amount"])]
    assert len(stored(db, shop, "event_id")) == 4999


def test_going_on_in_another_database_starts_over(
    import_file: Import, sent_batches: list[int], db: Connection, shop: UUID, tmp_path: Path
) -> None:
    path = long_file(tmp_path / "f.csv", "csv")
    with pytest.raises(psycopg.OperationalError):
        import_file(path)
    # as in an older copy, which has forgotten what it acknowledged
    db.execute("set session_replication_role = replica")
    db.execute("truncate data.transaction_events, data.transaction_event_keys")

    summary = import_file(path)
    assert (summary.total, summary.rejected) == (5000, 1)
    assert summary.ingested + summary.duplicates == 4999
    assert len(stored(db, shop, "event_id")) == 4999


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_without_its_journal_an_import_starts_over(
    import_file: Import,
    sent_batches: list[int],
    state_folder: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
) -> None:
    path = long_file(tmp_path / "f.csv", "csv")
    with pytest.raises(psycopg.OperationalError):
        import_file(path)
    (journal,) = state_folder.iterdir()
    damage(journal)
    assert import_file(path) == ImportSummary(total=5000, ingested=2000, duplicates=2999, rejected=1)


def test_a_changed_file_starts_over(import_file: Import, sent_batches: list[int], tmp_path: Path) -> None:
    path = long_file(tmp_path / "f.csv", "csv")
    with pytest.raises(psycopg.OperationalError):
        import_file(path)
    write(path, path.read_text() + "\nt9999,payment_succeeded,1,XOF")
    assert import_file(path) == ImportSummary(total=5001, ingested=2001, duplicates=2999, rejected=1)


def test_progress_reaches_the_end(database_url: str, shop: UUID, tmp_path: Path) -> None:
    path = long_file(tmp_path / "f.csv", "csv")
    reports: list[tuple[float, int]] = []
    import_events(database_url, shop, path, lambda share, events: reports.append((share, events)))
    assert reports == sorted(reports)
    assert reports[-1] == (1.0, 5000)


def test_rows_can_be_read_from_any_position(tmp_path: Path) -> None:
    random_cells = random.Random(7)
    cells = ["".join(random_cells.choices('ab,"\n\r ', k=random_cells.randrange(9))) for _ in range(300)]
    lines = [f'"{cell.replace(chr(34), chr(34) * 2)}",payment_succeeded,1,XOF\n' for cell in cells]
    path = write(tmp_path / "f.csv", HEADER + "".join(lines))
    with path.open("rb") as file:
        rows = event_rows.EventRows(file)
        all_rows = list(rows.read(rows.start))
        assert [json.loads(row.event).get("transaction_id", "") for row in all_rows] == cells
        for number, row in enumerate(all_rows):
            assert list(rows.read(row.end)) == all_rows[number + 1 :]
