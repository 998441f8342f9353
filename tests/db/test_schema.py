"""A database is what the files say, however it got there."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from app import deploy
from tests.conftest import Server, create_database

# The code of an older release: what deploying calls, and what no file holds any more.
OLD_CODE = """
create function ops.create_partitions() returns integer language sql as $$ select 0 $$;
create function ops.schedule_jobs() returns text language sql as $$ select 'worker' $$;
create function ops.note_release(bigint[], text[]) returns void language sql as '';
create function api.gone(p_merchant_id uuid) returns uuid language sql as $$ select p_merchant_id $$;
create view analytics.gone as select code from data.currencies;
"""


def schema(server: Server, url: str) -> list[str]:
    """All that pg_dump says about the objects of a database, grants and comments included.

    The run of all tests may have begun yesterday, and one database with it, which has a partition more then.
    """
    with psycopg.connect(url) as connection:
        connection.execute("select ops.create_partitions()")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    exclusion = f"--exclude-table=data.*_{yesterday:%Y%m%d}"
    lines = server.run("pg_dump", "--schema-only", exclusion, url).splitlines()
    # a random key, made anew by each run
    return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]


@pytest.fixture
def upgraded_url(server: Server, tmp_path: Path) -> Iterator[str]:
    """A database to which each migration came by a release of its own."""
    for url in create_database(server, "pristine"):
        (tmp_path / "migrations").mkdir()
        (tmp_path / "sql").mkdir()
        (tmp_path / "sql" / "00_old.sql").write_text(OLD_CODE)
        migrations = sorted((deploy.PROJECT_DIR / "migrations").glob("*.sql"))
        # the first ones together: code needs the table of code versions and the currencies
        for number, migration in enumerate(migrations):
            shutil.copy(migration, tmp_path / "migrations")
            if number > 0:
                deploy.migrate(url, project_dir=tmp_path)
        deploy.migrate(url)
        yield url


@pytest.fixture
def fresh_url(empty_database_url: str) -> str:
    """Migrated today: what the tests' databases are copied from may have yesterday's partitions."""
    deploy.migrate(empty_database_url)
    return empty_database_url


def test_upgraded_database_equals_a_fresh_one(server: Server, fresh_url: str, upgraded_url: str) -> None:
    fresh = schema(server, fresh_url)
    assert any("CREATE TABLE data.transaction_events" in line for line in fresh)
    assert schema(server, upgraded_url) == fresh


def test_rebuilding_changes_nothing(server: Server, database_url: str) -> None:
    before = schema(server, database_url)
    for _ in range(2):
        with psycopg.connect(database_url) as connection:
            connection.execute("update data.code_versions set digest = 'of other files'")
        report = deploy.migrate(database_url)
        marts = ["mart.month_totals", "mart.payment_method_mixes", "mart.product_rankings"]
        assert report.reloaded == ["code", "triggers", *marts]
        assert schema(server, database_url) == before


def test_migrating_again_does_nothing(server: Server, database_url: str) -> None:
    before = schema(server, database_url)
    report = deploy.migrate(database_url)
    assert (report.applied, report.reloaded) == ([], [])
    assert schema(server, database_url) == before


def test_two_databases_of_one_server(server: Server, fresh_url: str) -> None:
    """Roles belong to the whole server: the second database finds them there."""
    for other_url in create_database(server, "pristine"):
        deploy.migrate(other_url)
        assert schema(server, other_url) == schema(server, fresh_url)
