"""The container files: what goes in is locked and there, what comes out is not root."""

import fnmatch
import re
from pathlib import Path

import pytest

from app.release import PROJECT_DIR
from tests.projects import FOLDERS

SERVICE = PROJECT_DIR / "deploy" / "Dockerfile"
POSTGRES = PROJECT_DIR / "deploy" / "postgres" / "Dockerfile"


def instructions(file: Path) -> list[tuple[str, str]]:
    """Each instruction's name and its arguments."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def stages(file: Path) -> list[list[tuple[str, str]]]:
    """The instructions of each stage, its FROM first."""
    found: list[list[tuple[str, str]]] = []
    for name, arguments in instructions(file):
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, arguments))
    return found


@pytest.mark.parametrize("file", [SERVICE, POSTGRES], ids=["service", "postgres"])
def test_bases_have_a_version(file: Path) -> None:
    bases = [arguments for name, arguments in instructions(file) if name == "ARG"]
    assert bases
    for base in bases:
        assert re.fullmatch(r"[A-Z]+=\w+:\d+\.\d+-\w+", base), base
    froms = [arguments.split()[0] for name, arguments in instructions(file) if name == "FROM"]
    names = {stage[0][1].split(" AS ")[1] for stage in stages(file) if " AS " in stage[0][1]}
    assert set(froms) - names == {f"${{{base.partition('=')[0]}}}" for base in bases}


def test_packages_come_by_the_locks() -> None:
    runs = [arguments for name, arguments in instructions(SERVICE) if name == "RUN"]
    installs = re.findall(r"\b(?:pip|npm) (?:install|ci)\b[^&]*", " ".join(runs))
    assert installs
    assert all("--no-deps" in install for install in installs), "the others are the Makefile's, by hash"
    assert [run for run in runs if run.startswith("make ")] == ["make .venv/runtime.stamp", "make web"]


def test_what_is_copied_is_there_and_sent_to_the_build() -> None:
    ignored = [line for line in (PROJECT_DIR / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    sent = [line[1:] for line in ignored if line.startswith("!")]
    assert ignored[0] == "*"
    sources = [
        source
        for name, arguments in instructions(SERVICE)
        if name == "COPY" and not arguments.startswith("--from")
        for source in arguments.split()[:-1]
    ]
    assert set(sources) == set(sent)
    assert all((PROJECT_DIR / source).exists() for source in sources)
    for secret in (".env", "deploy/secrets/owner_url", ".git/config"):
        assert not any(fnmatch.fnmatch(secret, pattern) for pattern in sent)
    initdb = [arguments for name, arguments in instructions(POSTGRES) if name == "COPY"]
    assert initdb == ["10-service-login.sql /docker-entrypoint-initdb.d/"]
    assert (POSTGRES.parent / "10-service-login.sql").exists()


def test_the_last_stage_holds_the_project_and_is_nobody_special() -> None:
    last = stages(SERVICE)[-1]
    copied = {arguments.split()[-1] for name, arguments in last if name == "COPY"}
    assert copied == {*FOLDERS, "app", ".venv", "web/dist"}
    assert ("USER", "10001:10001") in last
    assert [arguments for name, arguments in last if name in ("ENTRYPOINT", "CMD")] == [
        '["molam"]',
        '["serve"]',
    ]
    assert stages(POSTGRES)[-1][-1] == ("USER", "postgres")
