"""Writes docs/schema.md, the manual of the database, from a freshly migrated one: `make docs`."""

import re
import tempfile
from pathlib import Path

import jinja2
import psycopg

from app import deploy
from app.local_postgres import LocalPostgres

FOLDER = Path(__file__).parent
PAGE = FOLDER / "schema.md"


def page(url: str) -> str:
    """What docs/schema.md is for the database at `url`."""
    options = "-c search_path=pg_catalog -c timezone=UTC"
    with psycopg.connect(url, options=options) as connection:
        row = connection.execute((FOLDER / "schema.sql").read_bytes()).fetchone()
        assert row is not None
    # plain text, not HTML
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"sql": _sql, "code": _code, "prose": _prose, "cell": _cell}
    return environment.get_template("schema.md.jinja").render(row[0])


def _sql(expression: str) -> str:
    """An expression or type as one writes it: without the casts that PostgreSQL adds to each constant."""
    plain = re.sub(r"::(timestamp with time zone|[a-z_0-9]+)(\[\])?", "", expression)
    return plain.replace("timestamp with time zone", "timestamptz").replace(" without time zone", "")


def _code(expression: str) -> str:
    return f"`{_sql(expression)}`"


def _prose(comment: str | None) -> str:
    """A comment of the database as Markdown."""
    return " ".join((comment or "").split()).replace("<", r"\<").replace("*", r"\*")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main() -> None:
    """Makes a database in a folder that is gone afterwards, and writes the page."""
    with tempfile.TemporaryDirectory(prefix="molam-docs-") as folder:
        postgres = LocalPostgres(Path(folder))
        with postgres.running() as url:
            deploy.migrate(url)
            PAGE.write_text(page(url))


if __name__ == "__main__":
    main()
