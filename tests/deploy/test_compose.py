"""docker-compose.yml: as the specification has it, in the right order, each container harmless."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import server
from app.release import PROJECT_DIR, RELEASE
from tests.deploy.settings_names import unknown_settings

FILE = PROJECT_DIR / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|DATABASE_URL")

each_service = pytest.mark.parametrize("name", SERVICES)


def test_it_is_as_the_specification_has_it() -> None:
    check = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    result = subprocess.run([*check, str(FILE)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@each_service
def test_a_container_can_do_no_harm(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    given = {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(service)
    assert not given
    for volume in service.get("volumes", []):
        source, _, mode = volume.partition(":")
        if source.startswith("."):
            assert mode.endswith(":ro"), volume
            assert (PROJECT_DIR / source).is_dir(), volume
        else:
            assert source in COMPOSE["volumes"]


@each_service
def test_secrets_are_files(name: str) -> None:
    service = SERVICES[name]
    assert "env_file" not in service
    given = set(service.get("secrets", []))
    assert given <= set(COMPOSE["secrets"])
    for variable, value in service.get("environment", {}).items():
        if SECRET.search(variable):
            assert variable.endswith("_FILE"), variable
            assert value.removeprefix("/run/secrets/") in given, variable
    assert not unknown_settings(list(service.get("environment", {})))


def test_the_secrets_are_made_once(tmp_path: Path) -> None:
    script = Path(shutil.copy(PROJECT_DIR / "deploy" / "make-secrets", tmp_path))
    subprocess.run([script], check=True)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert {f"deploy/secrets/{name}" for name in made} == {s["file"] for s in COMPOSE["secrets"].values()}
    assert made["service_url"].startswith(f"postgresql://molam_service:{made['service_password']}@postgres/")
    assert made["owner_url"].startswith(f"postgresql://postgres:{made['postgres_password']}@postgres/")
    assert all(re.fullmatch(r"[0-9a-f]{64}", made[n]) for n in made if not n.endswith("_url"))
    assert len({value for name, value in made.items() if not name.endswith("_url")}) == 4
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # for the users of the containers
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    subprocess.run([script], check=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_one_after_the_other() -> None:
    def waits_for(name: str) -> dict[str, str]:
        return {other: wait["condition"] for other, wait in SERVICES[name]["depends_on"].items()}

    assert waits_for("migrate") == {"postgres": "service_healthy"}
    for name in ("service", "worker"):
        migrated = {"postgres": "service_healthy", "migrate": "service_completed_successfully"}
        assert waits_for(name) == migrated
    assert waits_for("grafana") == {"prometheus": "service_healthy"}
    assert SERVICES["migrate"]["restart"] == "no"
    optional = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    assert optional == {"worker": ["worker"], "prometheus": ["monitoring"], "grafana": ["monitoring"]}


def test_all_that_can_be_asked_have_a_health_check() -> None:
    asked = {name for name, service in SERVICES.items() if "healthcheck" in service}
    assert asked == {name for name, service in SERVICES.items() if "ports" in service}
    assert "/readyz" in SERVICES["service"]["healthcheck"]["test"][-1]


def test_ports_are_open_to_this_machine_alone_unless_told() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    bind = "${MOLAM_BIND:-127.0.0.1}"
    assert ports["service"] == [f"{bind}:8081:8081"]
    assert ports["postgres"] == [f"{bind}:5433:5432"]
    assert all(port.startswith(f"{bind}:") for given in ports.values() for port in given)


def test_images_are_of_one_version() -> None:
    ours = {service["image"] for service in SERVICES.values() if "Dockerfile" in str(service.get("build"))}
    assert ours == {f"molam-connect:{'.'.join(map(str, RELEASE))}"}
    for name, service in SERVICES.items():
        assert re.search(r":v?\d[\w.-]*$", service["image"]), f"{name}: {service['image']}"


def test_who_is_told_to_stop_has_time_to() -> None:
    assert int(SERVICES["service"]["stop_grace_period"].removesuffix("s")) > server.STOP_SECONDS
