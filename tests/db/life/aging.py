"""Makes what is stored old, and retention take it."""

import psycopg

Connection = psycopg.Connection[tuple]

RETENTION_DAYS = 30


def age(db: Connection) -> str:
    """As if all that is stored had been received years ago, in a partition of its own; its name."""
    # Only what happened just now breaks this rule by being old; that is what every figure shows.
    db.execute(
        """
        alter table data.transaction_events
        drop constraint if exists transaction_events_occurred_at_is_in_bounds
        """
    )
    query = """
        select (greatest(
            date_trunc('day', now() - interval '3000 days', 'UTC'),
            (select r.retired_until from data.retention as r),
            (select max(p.ends_at) from ops.partitions as p where p.partition like 'old%')
        ) at time zone 'UTC')::date
    """
    day = db.execute(query).fetchone()[0]
    start = f"timestamptz '{day} 00:00:00+00'"
    partition = f"old_{day:%Y%m%d}"
    with db.transaction():
        db.execute(
            f"create table data.{partition} partition of data.transaction_events"
            f" for values from ({start}) to ({start} + interval '1 day')"
        )
        db.execute(f"alter table data.{partition} owner to molam_owner")
        db.execute("set local session_replication_role = replica")  # no trigger: events are append-only
        for table in ("transaction_events", "transaction_event_keys"):
            db.execute(
                f"update data.{table} set received_at = {start}"
                " where received_at > now() - interval '30 days'"
            )
        follow_receipt(db)
    return partition


def follow_receipt(db: Connection) -> None:
    """Tells the list of transactions that its events have other times of receipt."""
    db.execute(
        """
        update data.merchant_transactions as t set last_received_at = e.last_received_at
        from (
            select e.merchant_id, e.transaction_id, e.currency, max(e.received_at) as last_received_at
            from data.transaction_events as e
            inner join data.rollup_progress as p on e.bucket_id = p.bucket_id
            where pg_visible_in_snapshot(e.xid, p.snapshot)
            group by e.merchant_id, e.transaction_id, e.currency
        ) as e
        where (t.merchant_id, t.transaction_id, t.currency) = (e.merchant_id, e.transaction_id, e.currency)
        """
    )


def keep(db: Connection, days: int = RETENTION_DAYS) -> None:
    db.execute("update ops.settings set value = %s where name = 'retention_days'", (days,))


def retire(db: Connection) -> list[str]:
    """All steps that are due; what each did."""
    steps = []
    while step := db.execute("select ops.apply_retention()").fetchone()[0]:
        steps.append(step)
    return steps


def states(db: Connection) -> dict[str, str]:
    return dict(db.execute("select partition, state from ops.partitions").fetchall())
