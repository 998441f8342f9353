"""Servers, databases and sessions for every test.

A test that asks for `database_url` runs on each server: the wheel's PostgreSQL 18, and the system's
(Debian's 15 with pg_cron). It gets a database of its own, cloned from one that was migrated once per server.
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import set_json_loads
from pytest_postgresql.janitor import DatabaseJanitor

from app import deploy
from app.local_postgres import DATABASE, LocalPostgres
from app.postgres_installations import Installation, choose, find_installations

# Their assertions, too, tell what differs.
pytest.register_assert_rewrite(
    "tests.db.dashboards",
    "tests.db.ingestion",
    "tests.faults.invariants",
    "tests.faults.schedule",
    "tests.shards.invariants",
)

Connection = psycopg.Connection[tuple]

WHEEL = choose([i for i in find_installations() if i.is_wheel], None)
SYSTEM = choose([i for i in find_installations() if not i.is_wheel], None)
HAS_PG_CRON = SYSTEM is not None and "pg_cron" in SYSTEM.extensions
# Before version 1.5 of pg_cron jobs start at full minutes, and the first may find its minute just gone.
FIRST_JOB_SECONDS = 150
HAS_PLPROXY = SYSTEM is not None and (SYSTEM.bin_dir.parent / "lib" / "plproxy.so").exists()
INSTALLATIONS = [i for i in (WHEEL, SYSTEM) if i]


class RouterPlace:
    """In the place of a server, for tests of the service: a router with merchants on several servers."""


# Where the service's tests run.
PLACES = [*INSTALLATIONS, *([RouterPlace()] if HAS_PLPROXY else [])]

# What the commands of docs/api.md call.
COMMANDS = ("bash", "curl", "openssl")

# For root's own PATH and others'.
PROGRAM_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin"
PGBOUNCER = shutil.which("pgbouncer", path=PROGRAM_PATH)
PGBACKREST = shutil.which("pgbackrest", path=PROGRAM_PATH)

# Gives a process a clock that is wrong.
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

# Tries the alerts out; renders the manifests, as a program of .venv or as the system's.
PROMTOOL = shutil.which("promtool")
KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

# What the tests in a browser need, and what they look at.
CHROMIUM = shutil.which("chromium")
BROWSER_PACKAGES = Path(__file__).parents[1] / ".cache" / "browser" / "node_modules"
WEB_APP = Path(__file__).parents[1] / "web" / "dist" / "index.html"

# What draws the diagram on the documentation's site.
MERMAID = Path(__file__).parents[1] / ".cache/site/node_modules/mermaid/dist/mermaid.min.js"

# In memory, where there is enough: making a database takes a busy disk a second.
MEMORY = Path("/dev/shm")
HAS_MEMORY = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 8e9
SERVERS_FOLDER = MEMORY if HAS_MEMORY else None  # None: where temporary files are

# Beside what `molam up` sets. The servers differ in what must not matter: time zone and collation. What waits
# for a lock that its own test holds fails, or the test would hang.
SERVER_SETTINGS = """
lock_timeout = 120s
fsync = off
max_wal_size = 256MB
max_prepared_transactions = 20
timezone = '{timezone}'
"""
COLLATIONS = {
    True: "locale_provider libc locale 'C'",
    False: "locale_provider icu icu_locale 'en-US' locale 'C'",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells what tests have measured."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


def missing_software() -> list[str]:
    """What is not installed here, and what that leaves out."""
    missing = []
    if SYSTEM is None:
        missing.append("no PostgreSQL of the system's: only the wheel's is tested (Debian: postgresql-15)")
    if not HAS_PG_CRON:
        missing.append("no pg_cron: its tests are left out (Debian: postgresql-15-cron)")
    if not HAS_PLPROXY:
        missing.append("no PL/Proxy: no merchants are spread over servers (Debian: postgresql-15-plproxy)")
    if absent := [program for program in COMMANDS if not shutil.which(program)]:
        missing.append(f"no {', '.join(absent)}: the commands of docs/api.md are not run")
    if not PGBOUNCER:
        missing.append("no pgbouncer: the service is not run behind one (Debian: pgbouncer)")
    if not PGBACKREST:
        missing.append("no pgbackrest: no backup is restored by it (Debian: pgbackrest)")
    if not FAKETIME:
        missing.append("no libfaketime: no clock is set wrong (Debian: libfaketime)")
    if not PROMTOOL:
        missing.append("no promtool: the alerts are not tried out (Debian: prometheus)")
    if not KUBECTL:
        missing.append("no kubectl: the manifests for Kubernetes are not rendered (its wheel is for Linux)")
    if not CHROMIUM:
        missing.append("no chromium: the dashboard is not tested in a browser (Debian: chromium)")
    if not BROWSER_PACKAGES.exists():
        missing.append(
            "no axe, no provider of OpenID Connect: the dashboard is not tested in a browser (make browser)"
        )
    if not MERMAID.exists():
        missing.append("no mermaid: the documentation's site is not built (make site)")
    return missing


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-server",
        action="store_true",
        help="run each file's tests on one of the servers, drawn by --hypothesis-seed, instead of on all",
    )


# First, for hypothesis reads its seed in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    can_install = os.geteuid() == 0 and Path("/etc/debian_version").exists()
    if os.environ.get("CI") == "true" and can_install and missing_software():
        raise pytest.UsageError(f"in CI everything is tested, but there is {'; '.join(missing_software())}")
    # Fixtures stop their servers when the run is told to end, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.option.hypothesis_seed is None:
        told = getattr(config, "workerinput", {}).get("hypothesis_seed")
        config.option.hypothesis_seed = told or SystemRandom().randrange(2**32)
    hypothesis.settings.register_profile("molam", database=None, deadline=None)
    hypothesis.settings.load_profile("molam")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of xdist: all processes have the seed that the header tells."""
    node.workerinput["hypothesis_seed"] = node.config.option.hypothesis_seed


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those in a browser come first: they take long, and at the end one process would be alone with them."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/web/"))
    if config.option.one_server:
        kept, left_out = [], []
        for item in items:
            (left_out if is_on_another_server(item, config.option.hypothesis_seed) else kept).append(item)
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def is_on_another_server(item: pytest.Item, seed: int) -> bool:
    """Whether the test runs on several servers, and this is not the one that is drawn for its file."""
    if item.get_closest_marker("every_server"):
        return False
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec else {}
    drawn = Random(f"{seed} {item.path.name}").choice(
        PLACES if "service_database_url" in params else INSTALLATIONS
    )
    return any(
        isinstance(value, Installation | RouterPlace) and value is not drawn for value in params.values()
    )


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [
        f"servers: PostgreSQL {', '.join(i.version for i in INSTALLATIONS)}",
        *(f"LEFT OUT: {missing}" for missing in missing_software()),
        *(
            ["on one of them each, drawn by the seed: make test-all is for all"]
            if config.option.one_server
            else []
        ),
        f"random histories: --hypothesis-seed={config.option.hypothesis_seed} replays them",
    ]


# --- servers and databases -----------------------------------------------------------------------


class Server:
    """A running PostgreSQL of the tests' own, the embedded server with a few more settings.

    Parameters: `settings`, lines of postgresql.conf that come last.
    """

    def __init__(self, installation: Installation, folder: Path, settings: str = "") -> None:
        self.installation = installation
        self.settings = settings
        self.postgres = LocalPostgres(folder, [installation])

    def start(self) -> None:
        self.postgres.make_data_dir()
        self.postgres.ensure_initialized()
        config = self.postgres.data_dir / "postgres" / "data" / "postgresql.conf"
        timezone = "UTC" if self.installation.is_wheel else "Asia/Kathmandu"
        with config.open("a") as file:
            file.write(SERVER_SETTINGS.format(timezone=timezone) + self.settings)
        self.postgres.start()

    @property
    def folder(self) -> Path:
        """Belongs to the server's user; the data lie in `data` below it."""
        return self.postgres.data_dir / "postgres"

    def url(self, database: str) -> str:
        return self.postgres.url().removesuffix(DATABASE) + database

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def run(self, program: str, *arguments: str) -> str:
        """The output of one of the server's own programs, such as pg_dump."""
        command = [str(self.postgres.program(program)), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def start_server(installation: Installation) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="molam-tests-", dir=SERVERS_FOLDER) as folder:
        server = Server(installation, Path(folder))
        server.start()
        try:
            collation = COLLATIONS[installation.is_wheel]
            server.execute(f"create database pristine template template0 is_template true {collation}")
            server.execute("create database migrated template pristine is_template true")
            deploy.migrate(server.url("migrated"))
            yield server
        finally:
            server.postgres.stop()


@pytest.fixture(scope="session")
def wheel_server() -> Iterator[Server]:
    yield from start_server(WHEEL)


@pytest.fixture(scope="session")
def system_server() -> Iterator[Server]:
    yield from start_server(SYSTEM)


@pytest.fixture(scope="session", params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue("wheel_server" if request.param.is_wheel else "system_server")


DATABASE_NUMBERS = itertools.count(1)


def create_database(server: Server, template: str) -> Iterator[str]:
    name = f"test_{next(DATABASE_NUMBERS)}"
    address = conninfo_to_dict(server.url(name))
    with DatabaseJanitor(**address, template_dbname=template):
        yield server.url(name)


@pytest.fixture(scope="session")
def shared_database_url(server: Server) -> Iterator[str]:
    """A migrated database for all tests marked `shared_database`."""
    yield from create_database(server, "migrated")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, server: Server) -> Iterator[str]:
    """A migrated database: of the test's own, unless it is marked `shared_database`."""
    mark = request.node.get_closest_marker("shared_database")
    if mark and mark.args != (False,):
        yield request.getfixturevalue("shared_database_url")
    else:
        yield from create_database(server, "migrated")


@pytest.fixture
def empty_database_url(server: Server) -> Iterator[str]:
    """A database in which nothing was ever migrated."""
    yield from create_database(server, "pristine")


@pytest.fixture(scope="session")
def cron_database_url(request: pytest.FixtureRequest) -> str:
    """The one database of the system's server in which pg_cron lives, migrated, its jobs running."""
    if not HAS_PG_CRON:
        pytest.skip("; ".join(missing_software()))
    url = request.getfixturevalue("system_server").url(DATABASE)
    deploy.migrate(url)
    return url


# --- sessions ------------------------------------------------------------------------------------


@pytest.fixture
def connect(database_url: str) -> Iterator[Callable[..., Connection]]:
    """Opens sessions, as the superuser or as one of our roles; JSON's decimals come back as Decimal."""
    connections: list[Connection] = []

    def open_session(role: str | None = None, *, autocommit: bool = True, **options: str) -> Connection:
        if role:
            options["options"] = f"-c role={role}"
        connection = psycopg.connect(make_conninfo(database_url, **options), autocommit=autocommit)
        set_json_loads(partial(json.loads, parse_float=Decimal), connection)
        connections.append(connection)
        return connection

    yield open_session
    for connection in connections:
        connection.close()


@pytest.fixture
def db(connect: Callable[..., Connection]) -> Connection:
    """The superuser's session; each statement commits."""
    return connect()


@pytest.fixture
def as_api(connect: Callable[..., Connection]) -> Connection:
    return connect("molam_api")


@pytest.fixture
def as_analyst(connect: Callable[..., Connection]) -> Connection:
    return connect("molam_analyst")


@pytest.fixture
def as_dba(connect: Callable[..., Connection]) -> Connection:
    return connect("molam_dba")


@pytest.fixture
def merchant(db: Connection) -> Callable[..., UUID]:
    """Creates a merchant."""

    def create(currency: str = "XOF", timezone: str = "Africa/Dakar", name: str = "Boutique") -> UUID:
        query = "select ops.create_merchant(%s, %s, %s)"
        return db.execute(query, (name, currency, timezone)).fetchone()[0]

    return create


@pytest.fixture
def shop(merchant: Callable[..., UUID]) -> UUID:
    """A merchant, where one is enough."""
    return merchant()


@pytest.fixture
def drain() -> Callable[[Connection], None]:
    """Runs the rollup until nothing waits, events nor rebuilds; for a session that commits each statement."""

    def run(db: Connection) -> None:
        for _ in range(1000):
            db.execute("call rollup.run('test', 0)")
            query = "select sum(pending_events), (select count(*) from data.rebuild_requests) from ops.lag"
            pending = db.execute(query).fetchone()
            if not any(pending):
                return
        raise AssertionError(f"1000 passes leave (events, rebuilds) pending: {pending}")

    return run
