"""`molam up`: database, service, runner and demo payments as one group of processes.

What dies is started again; Ctrl-C or SIGTERM stops all in order and leaves nothing behind. When the
supervisor itself is killed, its children notice by their standard input and stop; only PostgreSQL goes on,
and the next start adopts it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from types import FrameType
from uuid import UUID

import psycopg
import structlog
from rich.console import Console

from app import demo, deploy, operations
from app.api_keys import new_api_key, parse_api_key
from app.local_identity import AUDIENCE, ISSUER, LocalIdentity
from app.local_postgres import LocalPostgres, LocalPostgresError
from app.progress import progress_bar
from app.settings import Settings

_log = structlog.stdlib.get_logger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POLL_SECONDS = 0.5
_STOP_SECONDS = 20
_READY_SECONDS = 60
_RUNNER_CHECK_SECONDS = 5
_LONGEST_PAUSE = 10.0


class SupervisorError(Exception):
    """Starting makes no sense; the message says why and what to do."""


def run(settings: Settings, *, with_demo: bool) -> None:
    """Starts everything and keeps it going until SIGINT, SIGTERM or SIGHUP.

    Errors: SupervisorError when the port is taken; those of LocalPostgres and deploy.migrate.
    """
    _check_port(settings)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    console = Console(stderr=True, markup=False, highlight=False)
    try:
        with _postgres(settings, console) as (postgres, url):
            cron_database = None if postgres else settings.cron_database
            deploy.migrate(url, console.print, cron_database=cron_database)
            with ExitStack() as stack:
                _Supervisor(settings, postgres, url, stack).run(console, with_demo=with_demo)
    except KeyboardInterrupt:
        console.print("Stopped.")


def service_environment(settings: Settings, url: str) -> dict[str, str]:
    """What a service on that database reads its settings from.

    With the embedded server, unless an issuer is configured, it trusts the development key.
    """
    environment = {
        "MOLAM_DATABASE_URL": url,
        "MOLAM_HOST": settings.host,
        "MOLAM_PORT": str(settings.port),
        "MOLAM_LOG_LEVEL": settings.log_level,
        "MOLAM_LOG_FORMAT": settings.log_format,
    }
    if settings.database_url is None and settings.jwt_issuer is None:
        environment |= {
            "MOLAM_JWT_ISSUER": ISSUER,
            "MOLAM_JWT_AUDIENCE": AUDIENCE,
            "MOLAM_JWT_PUBLIC_KEY": LocalIdentity(settings.data_dir).public_key(),
        }
    return environment


def stop_with_parent() -> None:
    """Ends this process like SIGTERM when the supervisor, which holds its standard input, is gone."""

    def wait() -> None:
        # Not sys.stdin, whose lock would be held for good in every process forked from this one.
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


class _Child:
    """A `molam` subcommand in a process group of its own, started again when it ends."""

    def __init__(self, command: str, environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._started_at = 0.0
        self._next_start = 0.0

    def keep_running(self) -> None:
        """Starts it when it does not run, after a pause that grows while it keeps dying."""
        if self._process and self._process.poll() is not None:
            _log.warning("process died", command=self.command, exit_code=self._process.returncode)
            self._kill_group()
            has_run_well = time.monotonic() - self._started_at > 60
            self._failures = 0 if has_run_well else self._failures + 1
            self._next_start = time.monotonic() + min(_LONGEST_PAUSE, 0.2 * 2**self._failures)
        if self._process is None and time.monotonic() >= self._next_start:
            self._started_at = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", self.command, "--with-parent"],
                stdin=subprocess.PIPE,
                env=os.environ | self.environment,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Lets it finish what it does, for a while."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _log.warning("process does not stop, killed", command=self.command)
        self._kill_group()

    def _kill_group(self) -> None:
        """Ends also what the process has left behind: a killed service does not take its workers along."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


class _Supervisor:
    """Holds the running parts; whatever it starts is stopped by `stack`, last started first."""

    def __init__(
        self, settings: Settings, postgres: LocalPostgres | None, url: str, stack: ExitStack
    ) -> None:
        self._settings = settings
        self._postgres = postgres
        self._url = url
        self._stack = stack
        self._next_runner_check = 0.0
        environment = service_environment(settings, url)
        self._worker = _Child("worker", environment)
        self._service = _Child("serve", environment)

    def run(self, console: Console, *, with_demo: bool) -> None:
        """Starts worker, service and demo, tells where they are, and watches over them for good."""
        self._stack.callback(self._worker.stop)
        self._worker.keep_running()
        if with_demo:
            with progress_bar("demo payments") as report:
                demo.load_demo(self._url, report)
        self._stack.callback(self._service.stop)
        self._service.keep_running()
        _wait_until_healthy(self._settings, self._service)
        if with_demo:
            self._start_trickle()
        _welcome(console, self._settings, self._url, with_demo=with_demo)
        while True:
            time.sleep(_POLL_SECONDS)
            self._keep_database_running()
            self._service.keep_running()
            self._keep_runner_running()

    def _keep_database_running(self) -> None:
        if self._postgres is None or self._postgres.is_running():
            return
        _log.warning("PostgreSQL is gone, starting it again")
        try:
            url = self._postgres.start()
        except LocalPostgresError as error:
            _log.error("PostgreSQL does not start", error=str(error))
            return
        if url != self._url:  # somebody else has taken its port meanwhile
            raise SupervisorError("PostgreSQL had to move to another port; start `molam up` again")

    def _keep_runner_running(self) -> None:
        """A worker stands in where there is no pg_cron, and until its jobs give a sign of life."""
        if time.monotonic() < self._next_runner_check:
            return
        self._next_runner_check = time.monotonic() + _RUNNER_CHECK_SECONDS
        if _is_pg_cron_alive(self._url):
            self._worker.stop()
        else:
            self._worker.keep_running()

    def _start_trickle(self) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=demo.trickle, args=(self._url, stop))
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(stop.set)


@contextmanager
def _postgres(settings: Settings, console: Console) -> Generator[tuple[LocalPostgres | None, str]]:
    if settings.database_url:
        yield None, settings.database_url
        return
    postgres = LocalPostgres(settings.data_dir)
    console.print(f"Starting PostgreSQL in {settings.data_dir} ...")
    with postgres.running() as url:
        yield postgres, url


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first signal unwinds everything; later ones must not disturb that."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        raise SupervisorError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); is `molam up` running "
            "already? Else choose another port with --port or MOLAM_PORT"
        ) from error


def _wait_until_healthy(settings: Settings, service: _Child) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{_base_url(settings)}/healthz", timeout=2).close()
            return
        service.keep_running()
        time.sleep(0.1)
    raise SupervisorError(f"the service did not answer within {_READY_SECONDS} s; its log is above")


def _is_pg_cron_alive(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return operations.is_pg_cron_alive(connection)
    except psycopg.Error:
        return False


def _base_url(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _welcome(console: Console, settings: Settings, url: str, *, with_demo: bool) -> None:
    """Where everything is, and a first request to try."""
    base = _base_url(settings)
    is_embedded = settings.database_url is None
    token = None
    lines = [f"Molam Connect is running on {base}", ""]
    if with_demo and is_embedded:
        shop = demo.SHOPS[0]
        token = LocalIdentity(settings.data_dir).token(shop.merchant_id)
        if settings.jwt_issuer is None:
            lines += [f"The dashboard of {shop.name}, a demo; the address signs you in for 12 hours:"]
            lines += [f"  {base}/signin#token={token}", ""]
    lines += [f"  API description  {base}/docs", f"  health           {base}/healthz  {base}/readyz"]
    if is_embedded:
        lines += [f"  data folder      {settings.data_dir}", "  database         molam status, make psql"]
    if token:
        lines += _demo_lines(settings, url, base, token)
    else:
        lines += ["", "Next: molam merchant create --help, molam key create --help"]
        if is_embedded and settings.jwt_issuer is None:
            lines += [f"To sign in: {base}/signin#token=$(molam token --merchant ID)"]
    lines += ["", "Ctrl-C stops everything."]
    console.print("\n".join(lines), soft_wrap=True)


def _demo_lines(settings: Settings, url: str, base: str, token: str) -> list[str]:
    merchant_id = demo.SHOPS[0].merchant_id
    api_key = _demo_key(settings, url, merchant_id)
    return [
        f"  demo merchant    {demo.SHOPS[0].name}, {merchant_id}",
        f"  API key          {api_key}",
        f"  token (12 h)     {token}",
        "",
        "Try:",
        f"  curl -s {base}/api/dashboard/overview -H 'X-API-Key: {api_key}'",
    ]


def _demo_key(settings: Settings, url: str, merchant_id: UUID) -> str:
    """The same key at each start: it is kept in the data folder, readable by its owner alone."""
    path = settings.data_dir / "demo_api_key"
    with psycopg.connect(url, autocommit=True) as connection:
        if path.exists():
            kept = parse_api_key(path.read_text())
            if kept and operations.is_live_key(connection, kept.merchant_id, kept.key_id):
                return path.read_text()
        new = new_api_key(merchant_id)
        scopes = ["events:write", "dashboard:read"]
        operations.create_key(connection, merchant_id, new.key_id, new.secret_sha256, scopes, "molam up")
    path.touch(mode=0o600)
    path.write_text(new.text)
    return new.text
