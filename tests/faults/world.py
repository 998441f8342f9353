"""The real parts as processes: PostgreSQL, the service, the workers, and the lines between them."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app import deploy
from app.local_postgres import DATABASE, LocalPostgresError
from app.postgres_installations import Installation
from tests.conftest import SERVERS_FOLDER, Connection, Server
from tests.faults.ledger import Ledger
from tests.faults.proxy import Proxy
from tests.http.conftest import create_tenant, free_port
from tests.processes import molam_environment, wait_until

RECOVERY_SECONDS = 60
END_SECONDS = 20
# What a session of a server meets that goes away, or is in recovery.
GONE = (psycopg.OperationalError, psycopg.InternalError)
SERVICE_SETTINGS = {
    "MOLAM_WORKERS": "2",
    "MOLAM_POOL_MAX": "8",
    "MOLAM_LOG_LEVEL": "warning",
    "MOLAM_LOG_FORMAT": "json",
}
Shop = tuple[str, str]
Prepare = Callable[[Server, ExitStack], None]
SHOPS: list[Shop] = [("XOF", "Africa/Dakar"), ("EUR", "Asia/Kathmandu"), ("USD", "America/New_York")]


@dataclass
class Outage:
    """A time in which a part was certainly out of the service's reach."""

    began_at: float
    ended_at: float = float("inf")


class Database:
    """A server, the line to it and the workers at it, and how to break and mend them.

    Parameters: `server`, started and migrated; `folder`, for logs.
    """

    def __init__(self, server: Server, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.folder = folder
        self.url = server.url(DATABASE)
        self.database_line = stack.enter_context(Proxy(lambda: self.server_port()))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.database_outages: list[Outage] = []
        # whoever takes it down puts it up again before the next does
        self.server_lock = threading.RLock()
        self.environment: dict[str, dict[str, str]] = {}
        stack.callback(self.stop)

    @property
    def has_pg_cron(self) -> bool:
        return "pg_cron" in self.server.installation.extensions

    @property
    def line_url(self) -> str:
        """By its line, as the processes reach it."""
        parts = conninfo_to_dict(self.url)
        return (
            f"postgresql://{parts['user']}:{parts['password']}@127.0.0.1:{self.database_line.port}/{DATABASE}"
        )

    # --- processes -------------------------------------------------------------------------------

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill_process(name)

    def start_process(self, name: str) -> None:
        """`molam serve` or `molam worker`, which reach the database by its line."""
        # what a killed process leaves behind goes with the world
        environment = molam_environment(self.line_url) | {"TMPDIR": str(self.folder)}
        environment |= self.environment.get(name, {})
        command = "serve" if name == "service" else "worker"
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "app", command], env=environment, stdout=log, stderr=log
            )

    def kill_process(self, name: str) -> None:
        """SIGKILL, to all that it has started too, as the end of a container does."""
        kill_all(process_tree(self.processes[name].pid))
        self.processes.pop(name).wait()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    # --- PostgreSQL ------------------------------------------------------------------------------

    def postgres(self) -> psutil.Process:
        """The process that the others descend from."""
        pid_file = self.server.postgres.data_dir / "postgres" / "data" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split()[0]))

    def server_port(self) -> int:
        return int(str(conninfo_to_dict(self.url)["port"]))

    def kill_postgres(self) -> None:
        """SIGKILL to the postmaster; returns when nothing of the server is left."""
        processes = process_tree(self.postgres().pid)
        processes[0].kill()
        kill_all(still_alive(processes))

    def kill_machine(self) -> None:
        """SIGKILL to all that belongs to the server."""
        kill_all(process_tree(self.postgres().pid))

    def start_postgres(self) -> None:
        """Starts the server, or goes on with the one that runs, as often as that takes."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                self.server.postgres.start()
                break
            except LocalPostgresError:  # it was about to go down, or still is
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        self.move_to(self.server)

    def move_to(self, server: Server) -> None:
        """From now on the line to the database ends at this server."""
        self.server = server
        self.url = server.url(DATABASE)
        self.database_line.cut()

    def connect(self, role: str | None = None, *, autocommit: bool = True, **more: Any) -> Connection:
        """A session that no fault of the lines meets, as the superuser or in a role."""
        if role:
            more["options"] = f"-c role={role}"
        return psycopg.connect(make_conninfo(self.url, **more), autocommit=autocommit)

    def execute(self, query: str, arguments: tuple[object, ...] | None = None) -> list[tuple]:
        """All rows of a statement that may be repeated: it is, until the server is there.

        As by careful operators: what waits for a lock holds up all who come later, so it does not wait long.
        """
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                with self.connect(options="-c lock_timeout=500ms") as db:
                    cursor = db.execute(query, arguments)
                    return cursor.fetchall() if cursor.description is not None else []
            except GONE:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Notes that from here to there the service certainly cannot reach the database."""
        outage = Outage(time.monotonic())
        self.database_outages.append(outage)
        try:
            yield
        finally:
            outage.ended_at = time.monotonic()


class World(Database):
    """All parts of one installation: beside the database the service, and the line to its clients.

    Parameters: as of Database; `settings` of the service, beside ours.
    """

    # of each schedule
    shops: Sequence[Shop] = SHOPS
    clients = 4
    longest_pause = 0.06  # of a client
    watch_pause = 0.1

    def __init__(self, server: Server, folder: Path, stack: ExitStack, settings: dict[str, str]) -> None:
        super().__init__(server, folder, stack)
        self.service_port = free_port()
        self.service_line = stack.enter_context(Proxy(lambda: self.service_port))
        self.service_lock = threading.RLock()
        port = {"MOLAM_PORT": str(self.service_port)}
        self.environment["service"] = SERVICE_SETTINGS | settings | port
        stack.callback(self.stop)  # before the service's line ends, too

    @property
    def service_url(self) -> str:
        """The service behind its line, as clients see it."""
        return f"http://127.0.0.1:{self.service_line.port}"

    @property
    def direct_url(self) -> str:
        """The service itself."""
        return f"http://127.0.0.1:{self.service_port}"

    def start(self) -> None:
        self.start_process("worker 1")
        self.start_process("worker 2")
        self.start_process("service")
        self.await_ready()

    def await_ready(self) -> None:
        wait_until(lambda: self.ask("/readyz").status_code == 200, "the service is ready", RECOVERY_SECONDS)

    def await_alive(self) -> None:
        wait_until(lambda: self.ask("/healthz").status_code == 200, "the service is alive", RECOVERY_SECONDS)

    def serving(self) -> list[psutil.Process]:
        """The processes of the service that answer requests."""

        def answers(process: psutil.Process) -> bool:
            with suppress(psutil.NoSuchProcess):  # a zombie among them
                return any("spawn_main" in part for part in process.cmdline())
            return False

        return list(filter(answers, psutil.Process(self.processes["service"].pid).children()))

    def ask(self, path: str) -> httpx.Response:
        """The service's own answer, not by its line; OSError when there is none."""
        try:
            return httpx.get(self.direct_url + path, verify=False, timeout=30)
        except httpx.TransportError as error:
            raise OSError(f"no answer: {error!r}") from error

    # --- merchants -------------------------------------------------------------------------------

    def holders(self) -> dict[str, Database]:
        """The databases in which merchants are, by name."""
        return {"": self}

    def home(self, ledger: Ledger) -> Database:
        """The database in which the merchant is."""
        return self

    def open_shops(self, shops: Sequence[Shop]) -> list[Ledger]:
        """New merchants, each with an empty ledger."""
        with self.connect() as db:
            query = "select ops.create_merchant('Boutique', %s, %s)"
            return [Ledger(create_tenant(db, db.execute(query, shop).fetchone()[0]), *shop) for shop in shops]


@contextmanager
def running_world(
    installation: Installation, prepare: Prepare | None = None, **settings: str
) -> Iterator[World]:
    """A world from nothing, at work.

    Parameters: `prepare`, what is done to the server before it is migrated; `settings` of the service.
    """
    with ExitStack() as stack:
        server = Server(installation, new_folder(stack))
        stack.callback(server.postgres.stop)
        server.start()
        if prepare:
            prepare(server, stack)
            stack.callback(server.postgres.stop)  # before what that has put onto the stack
        deploy.migrate(server.url(DATABASE))
        world = World(server, new_folder(stack), stack, settings)
        world.start()
        yield world


def new_folder(stack: ExitStack) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="molam-faults-", dir=SERVERS_FOLDER)
    return Path(stack.enter_context(folder))


def process_tree(pid: int) -> list[psutil.Process]:
    """The process and all that descend from it."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill_all(processes: list[psutil.Process]) -> None:
    """SIGKILL; returns when they have ended."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    alive = still_alive(processes)
    assert not alive, f"killed, and alive: {alive}"


def still_alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended within some time. A zombie has, even if nobody has asked about it yet."""

    def is_alive(process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    deadline = time.monotonic() + END_SECONDS
    while (alive := [process for process in processes if is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


@contextmanager
def frozen(processes: list[psutil.Process]) -> Iterator[None]:
    """SIGSTOP, and SIGCONT in the end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()
