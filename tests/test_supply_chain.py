"""What comes from others is locked by its hash, is asked about, and is told of."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.release import PROJECT_DIR

LOCK = "package-lock.json"
PYTHON_LOCKS = sorted((PROJECT_DIR / "requirements").glob("*.txt"))
NPM_LOCKS = [PROJECT_DIR / "web" / LOCK, *sorted((PROJECT_DIR / "requirements").glob(f"*/{LOCK}"))]
REQUIREMENT = re.compile(
    r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)(?: ;.*?)?((?:\s+\\?\s*--hash=sha256:[0-9a-f]{64})+)\s*"
)


def make(target: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # not as a part of the `make` that may run this
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", target, *arguments]
    return subprocess.run(
        command, cwd=PROJECT_DIR, env=outside | environment, capture_output=True, text=True, timeout=300
    )


def requirements(lock: Path) -> dict[str, str]:
    """Name and version of each package. Error: AssertionError for anything but a package with its hashes."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    matches = [REQUIREMENT.fullmatch(entry) for entry in entries]
    unlocked = [entry for entry, match in zip(entries, matches, strict=True) if not match]
    assert not unlocked, f"{lock.name}: {unlocked}"
    return {match[1].lower(): match[2] for match in matches if match}


def packages(lock: Path) -> dict[str, dict[str, Any]]:
    """What npm installs, by its path."""
    return {name: entry for name, entry in json.loads(lock.read_text())["packages"].items() if name}


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: lock.name)
def test_python_packages_are_locked_by_their_hashes(lock: Path) -> None:
    assert requirements(lock)
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda lock: lock.parent.name)
def test_npm_packages_are_locked_by_their_hashes(lock: Path) -> None:
    assert packages(lock)
    for name, entry in packages(lock).items():
        assert re.match(r"sha512-[A-Za-z0-9+/=]{88}", entry.get("integrity", "")), name
        assert "resolved" not in entry, f"{name} names a registry"


def test_everything_is_installed_by_its_lock() -> None:
    text = (PROJECT_DIR / "Makefile").read_text()
    installs = [line for line in text.splitlines() if re.search(r"PIP_INSTALL\)|pip download", line)]
    assert installs
    for line in installs:
        # ourselves, without anything that comes along
        assert "--require-hashes" in line or "--no-deps" in line, line
    assert not re.search(r"NPM\) .*\b(install|i|add|exec)\b", text)
    # no lock is forgotten by `make audit`
    audited = dict(re.findall(r"^(PYTHON_LOCKS|NPM_LOCKS) := (.+)$", text, re.MULTILINE))
    assert {PROJECT_DIR / name for name in audited["PYTHON_LOCKS"].split()} == set(PYTHON_LOCKS)
    assert {PROJECT_DIR / name / LOCK for name in audited["NPM_LOCKS"].split()} == set(NPM_LOCKS)


@pytest.mark.parametrize(
    "locks",
    [
        ("PYTHON_LOCKS=requirements/dataset.txt", "NPM_LOCKS="),
        ("PYTHON_LOCKS=", "NPM_LOCKS=requirements/pgtap"),
    ],
    ids=["python", "npm"],
)
def test_an_audit_that_reaches_nobody_has_not_passed(locks: tuple[str, str]) -> None:
    """Both tools are sent to a port where nobody answers."""
    nowhere = "http://127.0.0.1:1"
    proxies = {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": ""}
    proxies |= {name.lower(): value for name, value in proxies.items()}
    audit = make("audit", *locks, **proxies, npm_config_fetch_retries="0")
    assert audit.returncode != 0
    assert "Not passed" in audit.stderr


def test_the_bill_of_materials_is_what_is_locked(tmp_path: Path) -> None:
    written = make("sbom", f"SBOM={tmp_path}")
    assert written.returncode == 0, written.stderr
    python, web = (json.loads((tmp_path / f"{name}.cdx.json").read_text()) for name in ("python", "web"))
    assert python["bomFormat"] == web["bomFormat"] == "CycloneDX"
    locked = requirements(PROJECT_DIR / "requirements" / "runtime.txt")
    assert {c["name"].lower(): c["version"] for c in python["components"]} == locked
    shipped = {
        (name.rpartition("node_modules/")[2], entry["version"])
        for name, entry in packages(PROJECT_DIR / "web" / LOCK).items()
        if not {"dev", "devOptional", "optional"} & set(entry)
    }
    assert ("react", "19") in {(name, version.partition(".")[0]) for name, version in shipped}
    assert shipped <= {named(c) for c in web["components"] if not is_of_the_build(c)}
    for component in (*python["components"], *web["components"]):
        assert component["purl"].startswith("pkg:"), component
        assert "://" not in component["purl"]


def named(component: dict[str, Any]) -> tuple[str, str]:
    return "/".join(filter(None, (component.get("group"), component["name"]))), component["version"]


def is_of_the_build(component: dict[str, Any]) -> bool:
    return any(p["name"] == "cdx:npm:package:development" for p in component.get("properties", []))
