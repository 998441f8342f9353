"""Keys and webhook endpoints in the database: calls made twice, who is on record, what DBAs may do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.conftest import Connection
from tests.db.sessions import wait_until_blocked

KEY_ID, NEW_KEY_ID = "a" * 12, "b" * 12
ENDPOINT_ID = f"we_{'0' * 22}_{'a' * 12}"


def create_key(
    api: Connection, merchant_id: UUID, key_id: str = KEY_ID, secret: str = "1", **more: object
) -> dict:
    query = "select api.create_api_key(%s, %s, sha256(%s), p_expires_at => %s, p_subject => %s)"
    arguments = (merchant_id, key_id, secret, more.get("expires_at"), more.get("subject"))
    return api.execute(query, arguments).fetchone()[0]


def rotate_key(api: Connection, merchant_id: UUID, secret: str = "2") -> dict:
    query = "select api.rotate_api_key(%s, %s, %s, sha256(%s))"
    return api.execute(query, (merchant_id, KEY_ID, NEW_KEY_ID, secret)).fetchone()[0]


def create_endpoint(
    api: Connection, merchant_id: UUID, endpoint_id: str = ENDPOINT_ID, secret: str = "1"
) -> dict:
    query = "select api.create_webhook_endpoint(%s, %s, sha256(%s))"
    return api.execute(query, (merchant_id, endpoint_id, secret)).fetchone()[0]


def rotate_endpoint(api: Connection, merchant_id: UUID, secret: str, overlap_seconds: int = 60) -> dict:
    query = "select api.rotate_webhook_secret(%s, %s, sha256(%s), %s)"
    return api.execute(query, (merchant_id, ENDPOINT_ID, secret, overlap_seconds)).fetchone()[0]


def actors(api: Connection, merchant_id: UUID, key_id: str) -> list[str]:
    trail = api.execute("select api.api_key_audit(%s, %s)", (merchant_id, key_id)).fetchone()[0]
    return [entry["actor"] for entry in trail["data"]]


def test_calls_whose_answer_was_lost_can_be_made_again(
    as_api: Connection, db: Connection, merchant: Callable[..., UUID]
) -> None:
    """The service does so by itself when a connection breaks."""
    merchant_id = merchant()
    # the limit does not stand in the way of what is there
    db.execute("update ops.settings set value = 1 where name in ('max_api_keys', 'max_webhook_endpoints')")
    assert create_key(as_api, merchant_id) == create_key(as_api, merchant_id)
    assert rotate_key(as_api, merchant_id) == rotate_key(as_api, merchant_id)
    assert create_endpoint(as_api, merchant_id) == create_endpoint(as_api, merchant_id)
    assert rotate_endpoint(as_api, merchant_id, "2") == rotate_endpoint(as_api, merchant_id, "2")
    trails = db.execute(
        """
        select array_agg(action order by acted_at) from ops.credential_audit
        where merchant_id = %s group by credential_id order by 1
        """,
        (merchant_id,),
    ).fetchall()
    assert trails == [(["created"],), (["created", "rotated"],), (["created", "rotated"],)]


def test_an_id_that_is_taken_is_not_overwritten(as_api: Connection, merchant: Callable[..., UUID]) -> None:
    merchant_id = merchant()
    create_key(as_api, merchant_id)
    create_endpoint(as_api, merchant_id)
    for call in (create_key, create_endpoint):
        with pytest.raises(psycopg.Error, match="is taken") as refusal:
            call(as_api, merchant_id, secret="other")
        assert refusal.value.sqlstate == "ML422"
    # of another merchant it is another key
    create_key(as_api, merchant(), secret="other")


@pytest.mark.parametrize(
    ("call", "other_id"), [(create_key, NEW_KEY_ID), (create_endpoint, ENDPOINT_ID[:-1] + "b")]
)
def test_the_limit_counts_what_is_not_committed_yet(
    connect: Callable[..., Connection],
    db: Connection,
    merchant: Callable[..., UUID],
    call: Callable[..., dict],
    other_id: str,
) -> None:
    merchant_id = merchant()
    db.execute("update ops.settings set value = 1 where name in ('max_api_keys', 'max_webhook_endpoints')")
    other = connect("molam_api")
    with connect("molam_api", autocommit=False) as first, ThreadPoolExecutor() as pool:
        call(first, merchant_id)
        second = pool.submit(call, other, merchant_id, other_id)
        wait_until_blocked(db, other)
        first.commit()
        with pytest.raises(psycopg.Error, match="a merchant may have 1 ") as refusal:
            second.result()
    assert refusal.value.sqlstate == "ML409"


@pytest.mark.parametrize("call", [create_key, create_endpoint])
def test_an_unknown_merchant(as_api: Connection, call: Callable[..., dict]) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        call(as_api, uuid4())
    assert refusal.value.sqlstate == "ML404"


def test_the_subject_is_of_one_call(
    connect: Callable[..., Connection], as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    """Also where a pooler gives the session to others, and in one transaction with other calls."""
    merchant_id = merchant()
    with connect("molam_api", autocommit=False) as session:
        create_key(session, merchant_id, subject="ada")
        create_key(session, merchant_id, "c" * 12)
        session.commit()
        user = session.execute("select session_user").fetchone()[0]
        create_key(session, merchant_id, "d" * 12)
    assert [actors(as_api, merchant_id, key_id) for key_id in (KEY_ID, "c" * 12, "d" * 12)] == [
        ["ada"],
        [user],
        [user],
    ]


def test_a_key_that_a_dba_deletes_leaves_its_trail(
    as_api: Connection, db: Connection, merchant: Callable[..., UUID]
) -> None:
    merchant_id = merchant()
    create_key(as_api, merchant_id, subject="ada")
    db.execute("delete from data.merchant_api_keys where merchant_id = %s", (merchant_id,))
    user = db.execute("select session_user").fetchone()[0]
    assert actors(as_api, merchant_id, KEY_ID) == [user, "ada"]


def test_rotating_twice_does_not_end_the_secret_in_use(
    as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    merchant_id = merchant()
    create_endpoint(as_api, merchant_id)
    rotate_endpoint(as_api, merchant_id, "2")
    with pytest.raises(psycopg.Error, match="rotated already") as refusal:
        rotate_endpoint(as_api, merchant_id, "3")
    assert refusal.value.sqlstate == "ML409"
    query = """
        select array_agg(s = sha256(%s) or s = sha256(%s))
        from api.find_webhook_endpoint(%s, %s), unnest(secrets) as s
    """
    arguments = ("1", "2", merchant_id, ENDPOINT_ID)
    assert as_api.execute(query, arguments).fetchone() == ([True, True],)
    rotate_endpoint(as_api, merchant_id, "4", overlap_seconds=0)
    query = "select secrets = array[sha256(%s)] from api.find_webhook_endpoint(%s, %s)"
    assert as_api.execute(query, ("4", merchant_id, ENDPOINT_ID)).fetchone() == (True,)


def test_a_dba_ends_what_leaked(
    as_dba: Connection, as_api: Connection, merchant: Callable[..., UUID]
) -> None:
    merchant_id = merchant()
    create_key(as_api, merchant_id, subject="ada")
    create_endpoint(as_api, merchant_id)
    query = "select kind, ends_at is null from ops.credentials where merchant_id = %s order by kind"
    assert as_dba.execute(query, (merchant_id,)).fetchall() == [("api_key", True), ("webhook_endpoint", True)]
    as_dba.execute("select ops.revoke_api_key(%s, %s)", (merchant_id, KEY_ID))
    as_dba.execute("select ops.disable_webhook_endpoint(%s, %s)", (merchant_id, ENDPOINT_ID))
    assert as_dba.execute(query, (merchant_id,)).fetchall() == [
        ("api_key", False),
        ("webhook_endpoint", False),
    ]
    query = """
        select action, subject is null, database_user = session_user from ops.credential_audit
        where merchant_id = %s and action in ('revoked', 'disabled') order by action
    """
    assert as_dba.execute(query, (merchant_id,)).fetchall() == [
        ("disabled", True, True),
        ("revoked", True, True),
    ]
