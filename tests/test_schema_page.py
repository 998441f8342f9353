"""docs/schema.md says what is in the database."""

from difflib import unified_diff

import psycopg

from docs import schema

Connection = psycopg.Connection[tuple]


def test_the_page_is_fresh(database_url: str, db: Connection) -> None:
    written, now = schema.PAGE.read_text().splitlines(), schema.page(database_url).splitlines()
    diff = list(unified_diff(written, now, "docs/schema.md", "the database", lineterm="", n=1))
    assert not diff, "\n".join(["docs/schema.md is old; `make docs` writes it anew", *diff])

    for change in (
        "comment on column data.merchants.name is 'changed'",
        "create index changed on data.merchants (name)",
        "alter function ops.status() rename to changed",
        "alter table data.settings add constraint changed check (length(name) > 0)",
        "create view ops.changed as select 1 as one",
    ):
        db.execute(change)
        now = schema.page(database_url).splitlines()
        assert any("changed" in line for line in set(now) - set(written)), change
        written = now
