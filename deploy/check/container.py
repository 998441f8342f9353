"""A service of the compose file as a process: what an engine would give it, and no more."""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

from app.release import PROJECT_DIR
from deploy.check.builder import Builder
from deploy.check.compose import COMPOSE, SERVICES, default_of

_STOP_SECONDS = 60


class Container:
    """A root that it cannot write to, a user, no capabilities, its secrets and volumes.

    Parameters: the service's `name`; `builder`, which has its image; `volumes`, a folder for what is kept.
    """

    def __init__(self, name: str, builder: Builder, volumes: Path) -> None:
        self.name = name
        self.service = SERVICES[name]
        self._root = builder.root(name)
        self._config = builder.config(name)
        self._volumes = volumes
        self._process: subprocess.Popen[bytes] | None = None
        # all in one network, in which each is known by its name
        (self._root / "etc" / "hosts").write_text(f"127.0.0.1 localhost {' '.join(SERVICES)}\n")

    def run(self, *arguments: str) -> str:
        """The output of the image's entry with other arguments, at its end. Errors: CalledProcessError."""
        command = self._isolated([*self._config.get("Entrypoint", []), *arguments])
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs any program beside it, with what it has."""
        return subprocess.run(self._isolated(list(command)), capture_output=True, text=True)

    def start(self) -> None:
        """Starts what the compose file says."""
        command = [*self._config.get("Entrypoint", []), *self.service["command"]]
        self._process = subprocess.Popen(self._isolated(command))

    def stop(self) -> int:
        """Ends it as an engine does; its exit code."""
        assert self._process, f"{self.name} was not started"
        self._process.send_signal(signal.Signals[self._config.get("StopSignal", "SIGTERM")])
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def wait_until_healthy(self, seconds: int) -> None:
        """Asks as the compose file says. Errors: SystemExit when it has ended or the time has."""
        assert self._process, f"{self.name} was not started"
        deadline = time.monotonic() + seconds
        while (answer := self.execute(*self.service["healthcheck"]["test"][1:])).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} is not healthy: {answer.stdout}{answer.stderr}")
            time.sleep(1)

    def _isolated(self, command: list[str]) -> list[str]:
        user, group = self._ids()
        bounds = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
        environment = [f"{name}={value}" for name, value in self._environment().items()]
        inside = [
            *("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", *bounds),
            *("/usr/bin/env", "--ignore-environment", *environment),
            *command,
        ]
        there = f"cd {self._config.get('WorkingDir') or '/'} && exec {shlex.join(inside)}"
        enter = f"exec chroot {self._root} /bin/sh -c {shlex.quote(there)}"
        return ["unshare", "--mount", "sh", "-ec", "\n".join([*self._mounts(user, group), enter])]

    def _mounts(self, user: int, group: int) -> list[str]:
        """Shell commands that lay the root out; the places are made while it can still be written to."""
        assert self.service["read_only"]
        root = self._root
        lines = [
            f"mount --bind {root} {root}",
            f"mount --rbind /dev {root}/dev",
            f"mount -t proc proc {root}/proc",
        ]
        for place in self.service.get("tmpfs", []):
            path, _, options = place.partition(":")
            lines.append(f"mount -t tmpfs -o {options} tmpfs {self._place(path)}")
        for secret in self.service.get("secrets", []):
            place = self._place("/run/secrets") / secret
            place.touch()
            lines.append(f"mount --bind {PROJECT_DIR / COMPOSE['secrets'][secret]['file']} {place}")
        for volume in self.service.get("volumes", []):
            name, path = volume.split(":")
            source = self._volumes / name
            if not source.exists():  # as engines do: a new one belongs to whom the image's folder belongs
                source.mkdir(parents=True)
                os.chown(source, user, group)
            lines.append(f"mount --bind {source} {self._place(path)}")
        return [*lines, f"mount -o remount,bind,ro {root} {root}"]

    def _place(self, path: str) -> Path:
        place = self._root / path.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def _ids(self) -> tuple[int, int]:
        user = self.service["user"].partition(":")[0]
        for line in (self._root / "etc" / "passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if user in (name, uid):
                return int(uid), int(gid)
        raise SystemExit(f"the image of {self.name} has no user {user}")

    def _environment(self) -> dict[str, str]:
        image = dict(variable.split("=", 1) for variable in self._config.get("Env", []))
        return image | {
            name: default_of(value) for name, value in self.service.get("environment", {}).items()
        }
