"""What docker-compose.yml says."""

from typing import Any

import yaml

from app.release import PROJECT_DIR

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def default_of(value: str) -> str:
    """What `${NAME:-default}` is when nothing is set."""
    return value.removeprefix("${").rpartition(":-")[2].removesuffix("}") if value.startswith("${") else value
