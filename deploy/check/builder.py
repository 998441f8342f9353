"""buildah, which builds container files without an engine."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from app.release import PROJECT_DIR
from deploy.check.compose import SERVICES

DEBIAN = "localhost/debian"
POSTGRES = "localhost/postgres"
# The release that `debian:12` is; the newest stable one, which has pg_cron for this PostgreSQL.
_DEBIAN_RELEASE = "bookworm"
_POSTGRES_RELEASE = "trixie"
_POSTGRES_MAJOR = "17"

# What this machine tells the clients of registries, and where they look for it: while something is built, and
# in no image. An npm that is not Debian's looks for none but the user's.
_CLIENT_SETTINGS = {
    "/etc/npmrc": "/root/.npmrc",
    "/etc/pip.conf": "/etc/pip.conf",
    "/etc/ssl/certs/ca-certificates.crt": "/usr/local/share/ca-certificates/machine.crt",
}

# As the official image has it: nothing starts because it is installed, and no package stays as a file.
_POLICY = """\
#!/bin/sh
exit 101
"""
_CLEAN = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""

# What the official image's entry does, in short: the data folder, and the scripts for it, then the server.
_POSTGRES_ENTRY = """\
#!/bin/bash
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --pgdata="$PGDATA" --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" \\
        --auth-local=trust --auth-host=scram-sha-256 $POSTGRES_INITDB_ARGS
    pg_ctl --pgdata="$PGDATA" --options="$(printf '%q ' "${@:2}") --listen_addresses=''" --wait start
    createdb --username=postgres "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sql; do
        psql -v ON_ERROR_STOP=1 --username=postgres --dbname="$POSTGRES_DB" --file="$script"
    done
    pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec "$@"
"""


class Builder:
    """Images in a storage of their own. Parameters: `folder`, where that is."""

    def __init__(self, folder: Path) -> None:
        self._base = ["buildah", "--root", str(folder / "images"), "--runroot", str(folder / "state")]
        self._folder = folder

    def __call__(self, *arguments: str) -> str:
        """The output of a command of buildah. Errors: SystemExit, with all that it has said."""
        command = [*self._base, *arguments]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise SystemExit(f"{result.stdout}\nbuildah {arguments[0]} failed")
        return result.stdout.strip()

    def make_debian(self) -> None:
        """What stands for `debian`."""
        self("commit", "--quiet", "--rm", self._debootstrap(_DEBIAN_RELEASE), DEBIAN)

    def make_postgres(self) -> None:
        """What stands for `postgres`: Debian's own, with what of the official image is relied upon."""
        container = self._debootstrap(_POSTGRES_RELEASE)
        install = f"apt-get install --yes --no-install-recommends postgresql-{_POSTGRES_MAJOR}"
        commands = f"apt-get update; {install}; mkdir /docker-entrypoint-initdb.d"
        options = ("--isolation", "chroot", "--env", "DEBIAN_FRONTEND=noninteractive", *_client_settings())
        self("run", *options, container, "--", "sh", "-ec", commands)
        script = self._folder / "docker-entrypoint.sh"
        script.write_text(_POSTGRES_ENTRY)
        self("copy", "--quiet", "--chmod", "755", container, str(script), "/usr/local/bin/")
        path = f"/usr/lib/postgresql/{_POSTGRES_MAJOR}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        variables = (f"PG_MAJOR={_POSTGRES_MAJOR}", f"PATH={path}", "PGDATA=/var/lib/postgresql/docker")
        given = [f"--env={variable}" for variable in variables]
        entry = ("--entrypoint", '["docker-entrypoint.sh"]', "--stop-signal", "SIGINT")
        self("config", *given, *entry, container)
        self("commit", "--quiet", "--rm", container, POSTGRES)

    def build(self, service: str, base: str) -> None:
        """The image of a service, as the compose file says.

        Parameters: `base`, as NAME=IMAGE, what stands for the one that the container file names.
        """
        build = SERVICES[service]["build"]
        context = PROJECT_DIR / build["context"]
        file = context / build.get("dockerfile", "Dockerfile")
        options = ("--isolation", "chroot", "--pull-never", "--build-arg", base, *_client_settings())
        self("bud", *options, "--file", str(file), "--tag", _tag(service), str(context))

    def root(self, service: str) -> Path:
        """A fresh copy of the image's files."""
        return Path(self("mount", self("from", _tag(service))))

    def config(self, service: str) -> dict[str, Any]:
        """What the image says of how it is run."""
        return json.loads(self("inspect", "--type", "image", _tag(service)))["OCIv1"]["config"]

    def _debootstrap(self, release: str) -> str:
        """A container with a plain Debian of that release."""
        root = self._folder / "debootstrap"
        command = ["debootstrap", "--variant=minbase", release, str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        policy = root / "usr" / "sbin" / "policy-rc.d"
        policy.write_text(_POLICY)
        policy.chmod(0o755)
        (root / "etc" / "apt" / "apt.conf.d" / "clean").write_text(_CLEAN)
        for package in (root / "var" / "cache" / "apt" / "archives").glob("*.deb"):
            package.unlink()
        container = self("from", "scratch")
        self("add", "--quiet", container, str(root), "/")
        shutil.rmtree(root)
        return container


def _tag(service: str) -> str:
    return f"localhost/{SERVICES[service]['image']}"


def _client_settings() -> list[str]:
    there = {source: place for source, place in _CLIENT_SETTINGS.items() if Path(source).exists()}
    return [option for source, place in there.items() for option in ("--volume", f"{source}:{place}:ro")]
