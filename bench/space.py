"""What the server has written."""

import psycopg

_SIZES = """
    select
        sum(pg_total_relation_size(c.oid)) filter (where c.relname like 'transaction_event%')::bigint,
        sum(pg_total_relation_size(c.oid)) filter (where c.relname not like 'transaction_event%')::bigint
    from pg_class as c
    where c.relnamespace = 'data'::regnamespace and c.relkind = 'r'
"""


def wal_position(url: str) -> int:
    """Bytes of the write-ahead log so far."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
    assert row is not None
    return row[0]


def table_bytes(url: str) -> tuple[int, int]:
    """Bytes of the events and their keys, which retention drops, and of all other tables; with indexes."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_SIZES).fetchone()
    assert row is not None
    return row
