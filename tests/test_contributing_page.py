"""docs/contributing.md, followed: its patches fit this tree, and give a database in use the new measure."""

import re
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg

from app.release import PROJECT_DIR
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.oracle import Json
from tests.projects import FOLDERS, copy_of_ours

Connection = psycopg.Connection[tuple]

PAGE = PROJECT_DIR / "docs" / "contributing.md"
PATCHES = "".join(re.findall(r"^```diff\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def apply(folder: Path, *options: str) -> None:
    """All patches: git takes none when one does not fit."""
    command = ["git", "apply", *options]
    result = subprocess.run(command, cwd=folder, input=PATCHES, capture_output=True, text=True)
    assert result.returncode == 0, f"docs/contributing.md does not fit any more:\n{result.stderr}"


def test_its_patches_fit(tmp_path: Path) -> None:
    changed = re.findall(r"^--- a/(\S+)$", PATCHES, re.MULTILINE)
    assert len(changed) > 20
    for name in changed:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((PROJECT_DIR / name).read_bytes())
    apply(tmp_path)
    assert all("refund" in (tmp_path / name).read_text() for name in changed)


def payment(name: str, kind: str, at: str, fee: str) -> Json:
    event = {"transaction_id": name, "event_type": f"payment_{kind}", "occurred_at": at, "fee": fee}
    return {**event, "amount": "10.00", "currency": "EUR", "customer_id": name}


def test_they_give_a_database_in_use_the_measure(
    db: Connection,
    database_url: str,
    merchant: Callable[..., UUID],
    drain: Callable[[Connection], None],
    tmp_path: Path,
) -> None:
    shop = merchant("EUR", "Europe/Paris")
    before = [
        payment("one", "succeeded", "2026-01-02T12:00:00Z", "1.50"),
        payment("one", "refunded", "2026-01-02T12:30:00Z", "0.25"),
        payment("two", "failed", "2026-01-02T13:00:00Z", "9.99"),
    ]
    ingest(db, shop, before)
    drain(db)
    project = copy_of_ours(tmp_path, database_url)
    apply(tmp_path, *(f"--include={folder}/*" for folder in FOLDERS))
    report = project.migrate()
    assert (report.applied, report.reloaded) == (["0020_refund_fees"], ["code", "mart.month_totals"])
    measures = db.execute("select distinct measure, actual from ops.reconcile()").fetchall()
    assert measures == [("refund_fees", "0.0000")]  # until it is rebuilt

    db.execute("update data.rebuild_requests set requested_at = now()")
    ingest(db, shop, [payment("three", "refunded", "2026-01-03T12:00:00Z", "0.50")])
    drain(db)
    check_reconciled(db)
    query = "select api.dashboard_analytics(%s, '2026-01-01', '2026-01-03')"
    answer = db.execute(query, [shop]).fetchone()[0]
    fees = [Decimal(0), Decimal("0.25"), Decimal("0.50")]
    assert [day["refund_fees"] for day in answer["data"]] == fees
    assert answer["totals"]["refund_fees"] == sum(fees)
    query = "select refund_fees from analytics.daily_figures order by local_date"
    assert db.execute(query).fetchall() == [(fee,) for fee in fees[1:]]
