"""Who is notified of what: every change of figures, of nothing else, with the commit that makes it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.db.ingestion import ingest
from tests.db.shop import run_once, sale, sell

Connection = psycopg.Connection[tuple]
Connect = Callable[..., Connection]
Drain = Callable[[Connection], None]


class Ear:
    """A session that listens as the service does."""

    def __init__(self, session: Connection) -> None:
        self._session = session
        for channel in ("molam_figures", "molam_access"):
            session.execute(f"listen {channel}")

    def heard(self) -> list[tuple[str, str]]:
        """Channel and payload of what was committed since the last call."""
        self._session.execute("select")  # an answer comes with all that was notified before
        return [(notice.channel, notice.payload) for notice in self._session.notifies(timeout=0)]

    def changed(self) -> list[UUID]:
        """The merchants whose figures are said to have changed."""
        notices = self.heard()
        assert {channel for channel, _ in notices} <= {"molam_figures"}
        return [UUID(merchant) for _, text in notices for merchant in json.loads(text)["merchants"]]


@pytest.fixture
def ear(connect: Connect) -> Ear:
    return Ear(connect("molam_api"))


@pytest.fixture
def shop(merchant: Callable[..., UUID]) -> UUID:
    return merchant()


def version(api: Connection, merchant_id: UUID, at: str = "now") -> Any:
    query = "select api.figures_version(%s, %s::timestamptz)"
    return api.execute(query, (merchant_id, at)).fetchone()[0]


def test_a_window_tells_its_merchants_once(db: Connection, as_api: Connection, ear: Ear, shop: UUID) -> None:
    assert version(as_api, shop)["changed_at"] == 0
    sell(as_api, shop, "a", "b")
    assert ear.heard() == [], "ingest says nothing"
    run_once(db)
    [(channel, payload)] = ear.heard()
    told = json.loads(payload)
    assert (channel, told["merchants"]) == ("molam_figures", [str(shop)])
    now = version(as_api, shop)
    assert told["changed_at"] == now["changed_at"]
    assert datetime.fromisoformat(told["as_of"]) <= datetime.fromisoformat(now["as_of"])
    run_once(db)
    assert ear.heard() == [], "nothing has changed"
    ingest(as_api, shop, [sale("a")])
    run_once(db)
    assert ear.heard() == [], "nor by a duplicate"
    assert version(as_api, shop)["changed_at"] == now["changed_at"]


def test_whatever_changes_figures_is_told(
    db: Connection, as_dba: Connection, as_api: Connection, drain: Drain, ear: Ear, shop: UUID
) -> None:
    db.execute("alter table data.merchant_hourly_aggregates add constraint no_poison check (revenue <> 666)")
    ingest(as_api, shop, [sale("maria"), sale("poison", amount=666, occurred_at="2020-01-01T00:00:00Z")])
    run_once(db)
    assert ear.changed() == [shop]
    as_dba.execute("select ops.retry_set_aside_events()")
    assert ear.changed() == [], "it failed again"
    db.execute("alter table data.merchant_hourly_aggregates drop constraint no_poison")
    changes = {
        "retry": "select ops.retry_set_aside_events()",
        "rebuild": f"select ops.rebuild('{shop}')",
        "erasure": f"select ops.forget_customer('{shop}', 'maria')",
    }
    versions = {version(as_api, shop)["changed_at"]}
    for name, statement in changes.items():
        as_dba.execute(statement)
        assert ear.changed() == [shop], name
        versions.add(version(as_api, shop)["changed_at"])
    assert len(versions) == 1 + len(changes)

    as_dba.execute("select ops.repair(%s)", (shop,))
    assert ear.changed() == [], "there was nothing to repair"
    db.execute("update data.merchant_daily_aggregates set revenue = 0")
    as_dba.execute("select ops.repair(%s)", (shop,))
    assert ear.changed() == [shop]
    as_dba.execute("select ops.update_merchant(%s, p_timezone => 'Asia/Tokyo')", (shop,))
    drain(db)
    assert ear.changed() == [shop]
    with db.transaction(force_rollback=True):
        db.execute("select ops.rebuild(%s)", (shop,))
    assert ear.changed() == [], "what is rolled back has not happened"
    sell(as_api, shop, "waiting")
    db.execute("select ops.adopt_restored_database()")
    assert ear.changed() == [shop]


def test_many_merchants_fit_into_notifications(db: Connection, ear: Ear) -> None:
    merchants = {uuid4() for _ in range(700)}
    db.cursor().executemany(
        "insert into data.merchants (merchant_id, name, default_currency, timezone, aggregated_timezone)"
        " values (%s, 'many', 'XOF', 'UTC', 'UTC')",
        [(merchant_id,) for merchant_id in merchants],
    )
    db.execute("select internal.tell_changes(%s)", (list(merchants),))
    notices = ear.heard()
    assert all(len(payload) < 8000 for _, payload in notices)
    told = [UUID(merchant) for _, payload in notices for merchant in json.loads(payload)["merchants"]]
    assert (len(told), set(told)) == (700, merchants)


@pytest.mark.parametrize(
    ("timezone", "at", "turned_at", "seconds"),
    [
        ("Africa/Dakar", "2026-11-23 10:20:00Z", "2026-11-23 10:00:00Z", 2400),
        ("Asia/Kathmandu", "2026-11-23 10:14:59.5Z", "2026-11-23 09:15:00Z", 0.5),
        # clocks went back by half an hour at 15:00Z: local 01:30 came again, and midnight is 24.5 hours away
        ("Australia/Lord_Howe", "2026-04-05 12:59:00Z", "2026-04-05 12:30:00Z", 1860),
        ("Europe/Paris", "2026-10-25 00:30:00Z", "2026-10-25 00:00:00Z", 1800),
    ],
)
def test_the_clock_changes_figures_too(
    as_api: Connection,
    merchant: Callable[..., UUID],
    timezone: str,
    at: str,
    turned_at: str,
    seconds: float,
) -> None:
    now = version(as_api, merchant(timezone=timezone), at)
    assert datetime.fromtimestamp(now["turned_at"], UTC) == datetime.fromisoformat(turned_at)
    assert now["seconds_to_turn"] == seconds


def test_ended_access_is_told(db: Connection, as_dba: Connection, ear: Ear, shop: UUID) -> None:
    db.execute("select api.create_api_key(%s, 'keykeykey', sha256('x'), '{dashboard:read}')", (shop,))
    db.execute("select api.touch_api_key(%s, 'keykeykey')", (shop,))
    db.execute("update data.merchant_api_keys set name = 'renamed'")
    as_dba.execute("select ops.update_merchant(%s, p_name => 'renamed')", (shop,))
    assert ear.heard() == [], "no access has ended"
    for change in (
        "update data.merchant_api_keys set expires_at = now() + interval '1 hour'",
        "update data.merchant_api_keys set scopes = '{events:write}'",
        "update data.merchant_api_keys set revoked_at = now()",
        "delete from data.merchant_api_keys",
        "update data.merchants set status = 'suspended'",
    ):
        db.execute(change)
        assert ear.heard() == [("molam_access", str(shop))], change
