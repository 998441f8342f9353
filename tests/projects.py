"""Projects to change and to deploy: a folder with migrations/, sql/, views/ and triggers/, and a database."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg

from app import deploy
from app.deploy import MigrationReport

FOLDERS = ("migrations", "sql", "views", "triggers")


class Project:
    """A folder, and the database that it is deployed to."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def change(
        self, name: str, pattern: str, replacement: str | Callable[[re.Match[str]], str], flags: int = 0
    ) -> None:
        path = self.folder / name
        text, count = re.subn(pattern, replacement, path.read_text(), flags=flags)
        assert count > 0, f"{name} has nothing like {pattern}"
        path.write_text(text)

    def migrate(self) -> MigrationReport:
        return deploy.migrate(self.url, project_dir=self.folder)

    def execute(self, query: str) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []


def copy_of_ours(folder: Path, url: str) -> Project:
    """This very project, in a folder where it may be changed; again, it is as it was."""
    for name in FOLDERS:
        shutil.copytree(deploy.PROJECT_DIR / name, folder / name, dirs_exist_ok=True)
    return Project(folder, url)


def release_of_ours(folder: Path, url: str, version: str) -> Project:
    """This very project under another number, whose service and commands can be run in that folder."""
    project = copy_of_ours(folder, url)
    shutil.copytree(deploy.PROJECT_DIR / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    metadata = f"Metadata-Version: 2.1\nName: molam-connect\nVersion: {version}\n"
    project.write(f"molam_connect-{version}.dist-info/METADATA", metadata)
    return project
