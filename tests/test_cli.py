"""The `molam` command: what it prints, its exit codes, and the embedded server behind it."""

import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest

from app.api_keys import parse_api_key
from app.event_files import refused_rows_path
from app.local_identity import LocalIdentity
from tests.conftest import Connection, Server
from tests.db.ingestion import ingest
from tests.db.shop import sale
from tests.processes import molam, molam_environment, molam_json

SHOP = ("--name", "Boutique", "--currency", "XOF", "--timezone", "Africa/Dakar")


@pytest.fixture(scope="session")
def server(wheel_server: Server) -> Server:
    """Of one version: what the commands ask of it is tested with both."""
    return wheel_server


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return molam_environment(database_url)


@pytest.fixture(scope="module")
def embedded() -> Iterator[dict[str, str]]:
    """An environment whose embedded server has a folder of its own; nothing runs between commands."""
    with tempfile.TemporaryDirectory(prefix="molam-tests-") as folder:
        Path(folder).chmod(0o755)
        yield molam_environment(data_dir=Path(folder) / "data")


# --- help and usage --------------------------------------------------------------------------------


def test_help_says_what_each_command_is_for() -> None:
    result = molam(molam_environment(), "--help")
    assert result.returncode == 0
    for command in ("up", "migrate", "serve", "worker", "status", "merchant", "key", "token", "import"):
        assert f"\n  {command} " in result.stdout
    assert "MOLAM_DATABASE_URL" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("merchant", "create", "--name", "x"),
        ("token", "--merchant", "not-a-uuid"),
        ("import", "/no/such/file", "--merchant", str(uuid4())),
        ("key", "create", "--merchant", str(uuid4()), "--scope", "everything"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert molam(molam_environment(), *arguments).returncode == 2


def test_a_wrong_setting_is_exit_code_2_and_named() -> None:
    result = molam(molam_environment() | {"MOLAM_PORT": "eighty"}, "status")
    assert result.returncode == 2
    assert "MOLAM_PORT must be a whole number" in result.stderr


def test_a_database_that_is_away_is_one_line_and_exit_code_1() -> None:
    result = molam(molam_environment("postgresql://nobody@127.0.0.1:1/none"), "status")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_a_database_that_was_never_migrated(empty_database_url: str) -> None:
    result = molam(molam_environment(empty_database_url), "merchant", "create", *SHOP)
    assert result.returncode == 1
    assert "molam migrate" in result.stderr


# --- on a database of one's own --------------------------------------------------------------------


def test_migrate_says_what_it_did(empty_database_url: str) -> None:
    environment = molam_environment(empty_database_url)
    first = molam_json(environment, "migrate")
    assert first["reloaded"][:2] == ["code", "triggers"]
    assert all(kind.startswith("mart.") for kind in first["reloaded"][2:])
    assert first["runner"] in ("pg_cron", "worker")
    again = molam(environment, "migrate")
    assert again.stdout == "Nothing to do.\n"


def test_status(environment: dict[str, str], database_url: str) -> None:
    status = molam_json(environment, "status")
    assert status["database_url"] == database_url
    assert int(status["postgres_version"].split(".")[0]) >= 15
    assert status["runner"] == "worker"
    assert (status["pending_events"], status["lag_seconds"]) == (0, 0)
    assert json.loads(molam(environment, "--json", "status").stdout).keys() == status.keys()
    assert status.keys() >= {
        "health", "lag", "jobs", "partitions", "changed_settings", "set_aside_events", "runner_seconds_ago"
    }  # fmt: skip


def test_status_for_people(environment: dict[str, str], db: Connection) -> None:
    """Trouble makes it say so, not fail: the command did what it is for."""
    ill = molam(environment, "status")
    assert ill.returncode == 0
    assert "not healthy\n  no runner is alive: start molam worker" in ill.stdout
    db.execute("call rollup.run('one', 0)")
    db.execute("update ops.settings set value = 20 where name = 'window_events'")
    well = molam(environment | {"COLUMNS": "250"}, "status")
    assert "\nhealthy\n" in well.stdout
    assert "\x1b[" not in well.stdout  # colours are for terminals
    sections = ("lag", "jobs", "partitions", "changed settings", "set aside events")
    positions = [well.stdout.index(f"\n\n{section}\n") for section in sections]
    assert positions == sorted(positions)
    assert re.search(r"\n window_events +20 +events ", well.stdout)
    coloured = molam(environment | {"FORCE_COLOR": "1"}, "status").stdout
    assert "\x1b[1;32mhealthy\x1b[0m" in coloured


def test_merchants(environment: dict[str, str]) -> None:
    chosen = str(uuid4())
    assert molam_json(environment, "merchant", "create", *SHOP, "--id", chosen) == {"merchant_id": chosen}
    assert molam_json(environment, "merchant", "create", *SHOP)["merchant_id"] != chosen
    taken = molam(environment, "merchant", "create", *SHOP, "--id", chosen)
    assert (taken.returncode, "exists already" in taken.stderr) == (2, True)
    nowhere = molam(environment, "merchant", "create", *SHOP[:-1], "Africa/Atlantis")
    assert (nowhere.returncode, "not an IANA time zone" in nowhere.stderr) == (2, True)


def test_keys(environment: dict[str, str], db: Connection, merchant: Callable[..., UUID]) -> None:
    merchant_id = merchant()
    created = molam_json(environment, "key", "create", "--merchant", str(merchant_id))
    parsed = parse_api_key(created["api_key"])
    assert parsed is not None
    assert (parsed.merchant_id, parsed.key_id) == (merchant_id, created["key_id"])
    query = "select secret_sha256, scopes from api.find_api_key(%s, %s)"
    stored = db.execute(query, [merchant_id, parsed.key_id]).fetchone()
    assert stored == (parsed.secret_sha256, ["events:write"])
    query = "select api.get_api_key(%s, %s) ->> 'created_by' = session_user"
    assert db.execute(query, [merchant_id, parsed.key_id]).fetchone() == (True,)
    unknown = molam(environment, "key", "create", "--merchant", str(uuid4()))
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr


def test_reconcile_finds_a_wrong_figure_and_rebuild_mends_it(
    environment: dict[str, str],
    db: Connection,
    merchant: Callable[..., UUID],
    drain: Callable[..., None],
    tmp_path: Path,
) -> None:
    merchant_id = str(merchant())
    file = tmp_path / "events.csv"
    file.write_text("transaction_id,event_type,amount,currency\na,payment_succeeded,1000,XOF\n")
    loaded = molam_json(environment, "import", str(file), "--merchant", merchant_id)
    assert loaded == {"total": 1, "ingested": 1, "duplicates": 0, "conflicts": 0, "rejected": 0}
    drain(db)
    assert molam_json(environment, "reconcile") == {"differences": []}
    db.execute("update data.merchant_daily_aggregates set revenue = revenue + 1")
    wrong = molam(environment, "reconcile", "--json")
    assert (wrong.returncode, wrong.stderr) == (1, "")
    (difference,) = json.loads(wrong.stdout)["differences"]
    assert (difference["measure"], difference["merchant_id"]) == ("revenue", merchant_id)
    table = molam(environment, "reconcile")
    assert table.returncode == 1
    assert "revenue" in table.stdout
    assert molam_json(environment, "reconcile", "--merchant", str(merchant())) == {"differences": []}
    assert molam_json(environment, "rebuild", "--merchant", merchant_id)["events"] == 1
    assert molam_json(environment, "reconcile", "--merchant", merchant_id) == {"differences": []}


def test_reconcile_tells_of_an_event_that_was_set_aside(
    environment: dict[str, str], db: Connection, merchant: Callable[..., UUID]
) -> None:
    query = "insert into data.set_aside_events values (%s, gen_random_uuid(), now(), '23514', 'poison')"
    db.execute(query, (merchant(),))
    wrong = molam(environment, "reconcile", "--json")
    assert wrong.returncode == 1
    (difference,) = json.loads(wrong.stdout)["differences"]
    assert (difference["relation"], difference["currency"]) == ("set_aside_events", None)


def test_reconcile_finds_figures_of_a_merchant_that_is_not_there(
    environment: dict[str, str], db: Connection, merchant: Callable[..., UUID], drain: Callable[..., None]
) -> None:
    merchant_id = merchant()
    for day in ("01", "02"):
        event = sale(day, customer_id="ann", product_id="tea", occurred_at=f"2026-11-{day}T09:00:00Z")
        ingest(db, merchant_id, [event])
    drain(db)
    with db.transaction():
        db.execute("set local session_replication_role = replica")  # no trigger refuses it
        db.execute("delete from data.merchants where merchant_id = %s", (merchant_id,))
    wrong = molam(environment, "reconcile", "--json")
    assert wrong.returncode == 1
    differences = json.loads(wrong.stdout)["differences"]
    assert {difference["merchant_id"] for difference in differences} == {str(merchant_id)}
    tables = """
        select table_name from information_schema.columns
        where table_schema = 'data' and column_name in ('revenue', 'customers', 'successful', 'product_name')
            and table_name like 'merchant%'
        union select 'merchant_customer_stats'
    """
    assert {d["relation"] for d in differences} == {name for (name,) in db.execute(tables)}
    at_once = db.execute("select relation, key, measure from ops.reconcile()").fetchall()
    assert sorted(at_once) == sorted((d["relation"], d["key"], d["measure"]) for d in differences)


def test_reconcile_shows_its_progress_on_a_terminal(
    environment: dict[str, str], merchant: Callable[..., UUID]
) -> None:
    for _ in range(3):
        merchant()
    terminal, for_the_command = pty.openpty()
    command = [sys.executable, "-m", "app", "reconcile"]
    process = subprocess.Popen(
        command, env=environment | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=for_the_command
    )
    os.close(for_the_command)
    shown = b""
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as reader:  # an error is a terminal's end
        while chunk := reader.read(4096):
            shown += chunk
    assert process.wait(60) == 0
    assert b"3 merchants" in shown


def test_a_refused_row_makes_an_import_fail_and_is_kept_with_its_reason(
    environment: dict[str, str], merchant: Callable[..., UUID], tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    header = "transaction_id,event_type,amount,currency"
    file.write_text(f"{header}\na,payment_succeeded,1000,XOF\nb,payment_succeeded,10.5,XOF\n")
    result = molam(environment, "import", str(file), "--merchant", str(merchant()), "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout) == {
        "total": 2, "ingested": 1, "duplicates": 0, "conflicts": 0, "rejected": 1
    }  # fmt: skip
    (kept,) = refused_rows_path(file).read_text().splitlines()
    assert "more decimals than XOF" in kept


@pytest.mark.parametrize("command", [("token", "--merchant", str(uuid4())), ("psql",)])
def test_what_is_for_the_embedded_server_alone(environment: dict[str, str], command: tuple[str, ...]) -> None:
    result = molam(environment, *command)
    assert result.returncode == 1
    assert "embedded server" in result.stderr


# --- on the embedded server ------------------------------------------------------------------------


def test_a_first_merchant_and_a_token_on_the_embedded_server(embedded: dict[str, str]) -> None:
    merchant_id = molam_json(embedded, "merchant", "create", *SHOP)["merchant_id"]
    token = molam_json(embedded, "token", "--merchant", merchant_id)["token"]
    claims = jwt.decode(
        token,
        LocalIdentity(Path(embedded["MOLAM_DATA_DIR"])).public_key(),
        algorithms=["RS256"],
        issuer="molam-local",
        audience="molam-connect",
        options={"require": ["exp", "iat", "sub"]},
    )
    assert (claims["merchant_id"], claims["role"]) == (merchant_id, "owner")
    assert molam(embedded, "token", "--merchant", str(uuid4())).returncode == 1


def test_status_gives_a_url_that_psql_can_use(embedded: dict[str, str]) -> None:
    status = molam_json(embedded, "status")
    assert status["data_dir"] == embedded["MOLAM_DATA_DIR"]
    assert status["database_url"].startswith("postgresql://postgres:")


@pytest.mark.parametrize("role", ["analyst", "dba", "owner"])
def test_psql_opens_in_a_role(embedded: dict[str, str], role: str) -> None:
    result = subprocess.run(
        ["molam", "psql", "--role", role],
        env=embedded | {"PATH": f"{Path(os.sys.executable).parent}:{os.environ['PATH']}", "PAGER": "cat"},
        input="\\t\nselect current_user",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert f"molam_{role}" in result.stdout
