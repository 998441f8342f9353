"""`make check-build`."""

import ctypes
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.release import PROJECT_DIR
from deploy.check.builder import DEBIAN, POSTGRES, Builder
from deploy.check.container import Container
from deploy.check.monitoring import check_monitoring

PROGRAMS = ("buildah", "debootstrap", "ip", "prometheus", "unshare")
CLONE_NEWNET = 0x40000000
BEGIN = time.monotonic()

# Asks the service something, by the name that it has in the compose file.
ASK = """
import sys, urllib.request
path, key, body = sys.argv[1:]
headers = {"X-API-Key": key, "Content-Type": "application/json"}
request = urllib.request.Request(f"http://service:8081{path}", body.encode() or None, headers)
sys.stdout.write(urllib.request.urlopen(request, timeout=10).read().decode())
"""


def main() -> None:
    """Errors: SystemExit, CalledProcessError when something does not build or is not as it should be."""
    if missing := [program for program in PROGRAMS if not shutil.which(program)]:
        raise SystemExit(f"This needs {', '.join(missing)}: packages of Debian.")
    if os.geteuid() != 0:
        raise SystemExit("This needs root, to make a Debian and to mount.")
    subprocess.run([PROJECT_DIR / "deploy" / "make-secrets"], check=True)
    with tempfile.TemporaryDirectory(prefix="molam-build-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        builder = Builder(folder)
        try:
            build(builder)
            enter_network()
            check_the_system(builder, folder)
        finally:
            builder("umount", "--all")
    say("done")


def say(text: str) -> None:
    """A step that begins, and the seconds so far."""
    print(f"--- {time.monotonic() - BEGIN:4.0f} s: {text}", flush=True)


def build(builder: Builder) -> None:
    """Both images; says how large they are."""
    say("a plain Debian")
    builder.make_debian()
    say("deploy/Dockerfile")
    builder.build("service", f"DEBIAN={DEBIAN}")
    say("deploy/postgres/Dockerfile, on Debian's PostgreSQL")
    builder.make_postgres()
    builder.build("postgres", f"POSTGRES={POSTGRES}")
    print(builder("images"))


def enter_network() -> None:
    """One for all that is started from now on, apart from this machine's."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network of its own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def check_the_system(builder: Builder, folder: Path) -> None:
    """From an empty volume to a figure that pg_cron has made, as docs/deployment.md does it."""
    with ExitStack() as stack:
        names = ("postgres", "migrate", "service", "worker")
        postgres, migrate, service, worker = (Container(name, builder, folder / "volumes") for name in names)
        say("postgres")
        start(postgres, stack)
        postgres.wait_until_healthy(60)
        say("migrate")
        print(migrate.run(*migrate.service["command"]))
        say("service, which is healthy as soon as pg_cron has begun")
        start(service, stack)
        service.wait_until_healthy(180)
        say("it may do nothing that it need not")
        check_bounds(service)
        say("an event becomes a figure, by pg_cron")
        check_a_figure(migrate, service)
        say("Prometheus sees it, and has nothing to alarm about")
        check_monitoring(stack, folder)
        say("a worker joins in")
        start(worker, stack)
        wait_for("the worker", lambda: any(job["job"][:7] == "worker:" for job in status(migrate)["jobs"]))
        say("no figure is wrong, and told to stop, all end well")
        print(migrate.run("reconcile"))
        for container in (worker, service, postgres):
            if code := container.stop():
                raise SystemExit(f"{container.name} ended with {code}")


def start(container: Container, stack: ExitStack) -> None:
    """It ends with `stack`, at the latest."""
    container.start()
    stack.callback(container.stop)


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    """Errors: SystemExit when it is not there within a minute."""
    deadline = time.monotonic() + 60
    while not is_there():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within a minute: {what}")
        time.sleep(1)


def status(migrate: Container) -> dict[str, Any]:
    """What `molam status` tells."""
    return json.loads(migrate.run("status", "--json"))


def check_bounds(service: Container) -> None:
    """The root cannot be written to; there is no server in it, and nothing to install with."""
    for command in (["touch", "/opt/molam/x"], ["touch", "/etc/x"], ["python3", "-m", "pip"], ["initdb"]):
        if service.execute(*command).returncode == 0:
            raise SystemExit(f"the service can run {shlex.join(command)}")
    status = service.execute("cat", "/proc/self/status").stdout
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    bounds = {name: lines[name] for name in ("CapEff", "CapBnd", "NoNewPrivs", "Uid")}
    if bounds != {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Uid": "\t".join(["10001"] * 4)}:
        raise SystemExit(f"the service may do more than it should: {bounds}")


def check_a_figure(migrate: Container, service: Container) -> None:
    """A merchant, a key and an event, and what the dashboard then shows."""
    given = ("--name", "Boutique", "--currency", "XOF", "--timezone", "Africa/Dakar", "--json")
    merchant = json.loads(migrate.run("merchant", "create", *given))["merchant_id"]
    scopes = ("--scope", "events:write", "--scope", "dashboard:read")
    key = json.loads(migrate.run("key", "create", "--merchant", merchant, *scopes, "--json"))["api_key"]

    def ask(path: str, body: str = "") -> Any:
        answer = service.execute("python3", "-c", ASK, path, key, body)
        if answer.returncode != 0:
            raise SystemExit(f"{path}: {answer.stderr}")
        return json.loads(answer.stdout)

    sent = {"transaction_id": "1", "event_type": "payment_succeeded", "amount": 1000, "currency": "XOF"}
    ask("/api/events/transaction", json.dumps(sent))
    wait_for("a figure", lambda: float(ask("/api/dashboard/overview")["month"]["revenue"]) == 1000)
    if (runner := status(migrate)["runner"]) != "pg_cron":
        raise SystemExit(f"the runner is {runner}")


main()
