"""Which release this is: what `molam migrate` notes in the database, and readiness compares with it."""

from importlib.metadata import version
from pathlib import Path

PROJECT_DIR = Path(__file__).parent.parent

# The parts of the number, in the order that releases have.
RELEASE = tuple(int(part) for part in version("molam-connect").split("."))


def migration_names(project_dir: Path = PROJECT_DIR) -> list[str]:
    """The migrations that this release has, in their order."""
    return sorted(path.stem for path in (project_dir / "migrations").glob("*.sql"))
