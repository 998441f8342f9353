"""The same events and the same questions for ClickHouse: `python -m bench.clickhouse`.

The wheel `chdb` is ClickHouse's engine inside this process, on files in a temporary folder. It has every
advantage that its users would take, and some that they would not have: no network, no HTTP, no check for
duplicates, the merchant and its zone told with each insert (bench/clickhouse.sql), and all parts merged into
one before it is asked. Money is Decimal and distinct customers are exact, there as here; `check_equal` makes
sure of it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from rich.console import Console

from bench import dashboard, endpoints, http_load, ingest, rollup, server
from bench.figures import COLUMNS, Figure, print_table, ratios
from bench.workload import DAYS, MERCHANTS, Merchant, Workload, size

if TYPE_CHECKING:
    from chdb.session import Session

CLIENTS = 4
# Of a question in a round.
CALLS = 50
TABLES = ("events", "hourly", "daily", "methods", "products", "product_names", "customers")
SETTINGS = (
    "set parallel_view_processing = 1",  # up to twice as fast on two cores
    "set date_time_output_format = 'iso'",
    "set output_format_write_statistics = 0",
)

notes = Console(stderr=True)

# Those of internal.measures. ClickHouse cuts quotients off after the dividend's decimals: 12 are enough to
# round them. `b.` all over, for an alias goes before a column of the same name.
MEASURES = """
    sum(b.successful) + sum(b.failed) as transactions,
    sum(b.successful) as successful, sum(b.failed) as failed,
    sum(b.revenue) as revenue, sum(b.refunds) as refunds, sum(b.fees) as fees,
    sum(b.revenue) - sum(b.refunds) - sum(b.fees) as net_revenue,
    ifNull(
        round(cast(sum(b.revenue) as Decimal(38, 12)) / nullIf(sum(b.successful), 0), 2), 0
    ) as avg_transaction,
    round(
        cast(sum(b.successful) as Decimal(38, 12)) / nullIf(sum(b.successful) + sum(b.failed), 0), 4
    ) as success_rate,
    uniqExactMerge(b.customers) as customers, sum(b.new_customers) as new_customers
"""

# A customer's first day or hour is known only when all its rows are put together, so new customers are
# counted when asked for. Totals, their distinct customers too, are made in the same pass as the buckets.
ANALYTICS = f"""
    select b.bucket as %(name)s, sum(b.created) as created, sum(b.refunded) as refunded, {MEASURES}
    from (
        select
            %(column)s as bucket, created, successful, failed, refunded, revenue, refunds, fees, customers,
            0 as new_customers
        from %(table)s
        where
            merchant_id = {{merchant:UUID}} and currency = {{currency:String}}
            and %(column)s >= {{start:%(type)s}} and %(column)s < {{end:%(type)s}}
        union all
        select
            %(first)s as bucket, 0, 0, 0, 0, 0, 0, 0, arrayReduce('uniqExactState', emptyArrayString()),
            1 as new_customers
        from customers as c
        where c.merchant_id = {{merchant:UUID}} and c.currency = {{currency:String}}
        group by c.customer_id
        having bucket >= {{start:%(type)s}} and bucket < {{end:%(type)s}}
    ) as b
    group by b.bucket with totals
    order by b.bucket with fill from {{start:%(type)s}} to {{end:%(type)s}} step %(step)s
"""
DAILY = ANALYTICS % {
    "name": "date",
    "column": "local_date",
    "table": "daily",
    "type": "Date",
    "first": "toDate(min(c.first_at), {timezone:String})",
    "step": "1",
}
HOURLY = ANALYTICS % {
    "name": "hour",
    "column": "hour_start",
    "table": "hourly",
    "type": "DateTime('UTC')",
    "first": "toTimeZone(toStartOfHour(min(c.first_at), {timezone:String}), 'UTC')",
    "step": "3600",
}

# A row for today and a row for the month; today is in both.
OVERVIEW = f"""
    with (
        select (
            round(
                cast(sumIf(a.transactions, is_today) - sumIf(a.transactions, not is_today) as Decimal(38, 12))
                * 100 / nullIf(sumIf(a.transactions, not is_today), 0), 2
            ),
            round(
                cast(sumIf(a.revenue, is_today) - sumIf(a.revenue, not is_today) as Decimal(38, 12))
                * 100 / nullIf(sumIf(a.revenue, not is_today), 0), 2
            )
        )
        from (
            select
                successful + failed as transactions, revenue,
                hour_start >= {{today_start:DateTime('UTC')}} as is_today
            from hourly
            where
                merchant_id = {{merchant:UUID}} and currency = {{currency:String}}
                and hour_start >= {{yesterday_start:DateTime('UTC')}}
                and hour_start <= {{completed_until:DateTime('UTC')}}
                and has({{clock_hours:Array(UInt8)}}, toHour(hour_start, {{timezone:String}}))
        ) as a
    ) as growth
    select b.part as part, {MEASURES}, growth.1 as transaction_growth, growth.2 as revenue_growth
    from (
        select
            arrayJoin(if(local_date = {{today:Date}}, ['today', 'month'], ['month'])) as part,
            successful, failed, revenue, refunds, fees, customers, 0 as new_customers
        from daily
        where
            merchant_id = {{merchant:UUID}} and currency = {{currency:String}}
            and local_date >= {{month_start:Date}} and local_date <= {{today:Date}}
        union all
        select
            n.1, 0, 0, 0, 0, 0, arrayReduce('uniqExactState', emptyArrayString()), n.2
        from (
            select arrayJoin([
                ('today', countIf(day = {{today:Date}})),
                ('month', countIf(day >= {{month_start:Date}} and day <= {{today:Date}}))
            ]) as n
            from (
                select toDate(min(c.first_at), {{timezone:String}}) as day
                from customers as c
                where c.merchant_id = {{merchant:UUID}} and c.currency = {{currency:String}}
                group by c.customer_id
            )
        )
    ) as b
    group by b.part
    order by b.part
"""

METHODS = """
    select
        payment_method as method, sum(a.successful) as count, sum(a.amount) as amount,
        round(cast(sum(a.amount) as Decimal(38, 12)) / nullIf(sum(sum(a.amount)) over (), 0), 4) as share,
        round(
            cast(sum(a.successful) as Decimal(38, 12)) / (sum(a.successful) + sum(a.failed)), 4
        ) as success_rate
    from methods as a
    where
        merchant_id = {merchant:UUID} and currency = {currency:String}
        and local_date >= {start:Date} and local_date < {end:Date}
    group by payment_method
    order by sum(a.amount) desc, payment_method
"""

PRODUCTS = """
    select
        t.product_id as product_id, n.name as product_name, t.transactions as transactions, t.amount as amount
    from (
        select product_id, sum(a.successful) as transactions, sum(a.amount) as amount
        from products as a
        where
            merchant_id = {merchant:UUID} and currency = {currency:String}
            and local_date >= {start:Date} and local_date < {end:Date}
        group by product_id
        order by sum(a.amount) desc, product_id
        limit {limit:UInt16}
    ) as t
    left join (
        select product_id, argMaxMerge(product_name) as name
        from product_names
        where merchant_id = {merchant:UUID} and currency = {currency:String}
        group by product_id
    ) as n on n.product_id = t.product_id
    order by t.amount desc, t.product_id
"""

# Of the events, in the order of their key: a table of failures was not asked for.
FAILURES = """
    select
        nullIf(failure_code, '') as failure_code, count() as count,
        round(cast(count() as Decimal(38, 12)) / sum(count()) over (), 4) as share
    from events
    where
        merchant_id = {merchant:UUID} and currency = {currency:String} and event_type = 'payment_failed'
        and occurred_at >= {start_at:DateTime64(6, 'UTC')} and occurred_at < {end_at:DateTime64(6, 'UTC')}
    group by failure_code
    order by count() desc, failure_code
    limit 10
"""

# The summary is of all customers, so it stands in each row.
CUSTOMERS = """
    select
        customer_id, sum(a.transactions) as transactions, sum(a.total_spent) as total_spent,
        min(a.first_at) as first_transaction, max(a.last_at) as last_transaction,
        count() over () as total_customers,
        round(
            cast(sum(sum(a.transactions)) over () as Decimal(38, 12)) / count() over (), 2
        ) as avg_transactions,
        round(cast(sum(sum(a.total_spent)) over () as Decimal(38, 12)) / count() over (), 2) as avg_spend
    from customers as a
    where merchant_id = {merchant:UUID} and currency = {currency:String}
    group by customer_id
    order by sum(a.total_spent) desc, customer_id
    limit 50
"""

# By the names of bench.dashboard. Days: how many, the last of them today; limit: how many products.
QUESTIONS: dict[str, tuple[str, dict[str, int]]] = {
    "overview": (OVERVIEW, {}),
    "analytics, 30 days": (DAILY, {"days": 30}),
    "payment methods, 30 days": (METHODS, {"days": 30}),
    "top products, 30 days": (PRODUCTS, {"days": 30, "limit": 10}),
    "failure codes, 30 days": (FAILURES, {"days": 30}),
    "customers, best 50": (CUSTOMERS, {}),
    "analytics, 48 hours": (HOURLY, {"days": 2}),
    "analytics, 366 days": (DAILY, {"days": 366}),
    "top products, 366 days": (PRODUCTS, {"days": 366, "limit": 100}),
}
INSERT = "insert into events settings log_comment = '{}', session_timezone = '{}'"


class ClickHouse:
    """The engine on a folder. All its sessions are of one process and one engine."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._sessions: list[Session] = []
        self.session = self.connect()
        for statement in (Path(__file__).parent / "clickhouse.sql").read_text().split(";\n"):
            if statement.strip():
                self.session.query(statement)

    def connect(self) -> Session:
        """A session of one's own; each takes one insert at a time."""
        from chdb.session import Session  # not before it is needed: the extra is large, and slow to load

        opened = Session(self._folder)
        self._sessions.append(opened)
        opened.query("create database if not exists bench")
        for statement in ("use bench", *SETTINGS):
            opened.query(statement)
        return opened

    def close(self) -> None:
        """Ends all sessions, the engine with the last."""
        for each in self._sessions:
            each.close()


@contextmanager
def engine() -> Generator[ClickHouse]:
    """ClickHouse with empty tables, on files in a temporary folder."""
    with (
        tempfile.TemporaryDirectory(prefix="molam-bench-clickhouse-") as folder,
        closing(ClickHouse(folder)) as clickhouse,
    ):
        yield clickhouse


def insert(clickhouse: ClickHouse, batches: ingest.Batches, clients: int) -> float:
    """Seconds for the batches in so many sessions, one insert each, with all that the views make of them.

    It is as durable as ClickHouse is by default: an insert is answered when its parts are in the system's
    page cache; nothing is fsynced (fsync_after_insert = 0). What was answered may be lost with the power,
    where ours has been flushed. Merging goes on in the background meanwhile, and is not waited for.
    """

    def connect() -> ingest.Send:
        session = clickhouse.connect()

        def send(merchant: Merchant, events: bytes) -> None:
            statement = INSERT.format(merchant.merchant_id, merchant.timezone)
            with session.send_insert(statement, "JSONEachRow") as stream:  # which reads arrays, too
                stream.append(events)
                stream.finish()

        return send

    return ingest.send_all(connect, batches, clients)


def merge(session: Session) -> float:
    """Seconds that it takes to merge all parts of each table into one, which is best for questions."""
    started_at = time.perf_counter()
    for table in TABLES:
        session.query(f"optimize table {table} final")
    return time.perf_counter() - started_at


def ask(session: Session, name: str, merchant: Merchant) -> str:
    """The answer to a question of bench.dashboard, as JSON."""
    query, options = QUESTIONS[name]
    return str(session.query(query, "JSON", params=_parameters(merchant, name, **options)))


def check_equal(session: Session, database_url: str, merchants: Iterable[Merchant]) -> None:
    """ClickHouse's figures are PostgreSQL's, all of them: what is compared is the same work."""
    questions = dashboard.FIRST_PAGE | dashboard.LARGER
    with psycopg.connect(database_url, autocommit=True, options="-c role=molam_api") as connection:
        for merchant in merchants:
            for name in QUESTIONS:
                query, arguments = questions[name]
                row = connection.execute(query, (merchant.merchant_id, *arguments)).fetchone()
                assert row is not None
                ours = _our_rows(json.loads(row[0], parse_float=Decimal, parse_int=Decimal))
                theirs = _their_rows(ask(session, name, merchant))
                if len(ours) != len(theirs):
                    raise AssertionError(f"{name}: {len(theirs)} rows, not {len(ours)}, of {merchant}")
                for our, their in zip(ours, theirs, strict=True):
                    _check_row(f"{name} of {merchant}", our, their)


def _parameters(merchant: Merchant, name: str, days: int = 1, limit: int = 0) -> dict[str, Any]:
    """What the placeholders of the questions stand for."""
    zone = ZoneInfo(merchant.timezone)
    now = datetime.now(UTC)
    today = now.astimezone(zone).date()
    # bench.dashboard's analytics end on its own day, all else today
    last_date = dashboard.TODAY if name.startswith("analytics") else today
    start_date, end_date = last_date - timedelta(days - 1), last_date + timedelta(1)
    start_at, end_at = _day_start(start_date, zone), _day_start(end_date, zone)
    parameters: dict[str, Any] = {
        "merchant": merchant.merchant_id,
        "currency": merchant.currency,
        "timezone": merchant.timezone,
        "limit": limit,
        "start": start_at if name == "analytics, 48 hours" else start_date,
        "end": end_at if name == "analytics, 48 hours" else end_date,
        "start_at": start_at,
        "end_at": end_at,
    }
    if name == "overview":
        today_start = _day_start(today, zone)
        completed = int((now.replace(tzinfo=None) - today_start) / timedelta(hours=1))
        hours = [today_start + timedelta(hours=number) for number in range(completed)]
        parameters |= {
            "today": today,
            "month_start": today.replace(day=1),
            "today_start": today_start,
            "yesterday_start": _day_start(today - timedelta(1), zone),
            "completed_until": now.replace(tzinfo=None, microsecond=0) - timedelta(hours=1),
            "clock_hours": [hour.replace(tzinfo=UTC).astimezone(zone).hour for hour in hours],
        }
    return {key: value if isinstance(value, list) else str(value) for key, value in parameters.items()}


def _day_start(day: date, zone: ZoneInfo) -> datetime:
    """Where a local day begins, in UTC and without saying so, as ClickHouse's parameters want it."""
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC).replace(tzinfo=None)


def _our_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures of an answer of PostgreSQL's, row by row as ClickHouse gives them."""
    if "today" in answer:
        growth = {key: value for key, value in answer["today"].items() if key.endswith("_growth")}
        names = {"successful": "successful_transactions", "failed": "failed_transactions"}
        parts = {part: answer[part] | growth for part in ("month", "today")}
        return [
            {"part": part, **row, **{short: row[name] for short, name in names.items()}}
            for part, row in parts.items()
        ]
    if "totals" in answer:
        return [*answer["data"], answer["totals"]]
    if "top_customers" in answer:
        return [row | answer["summary"] for row in answer["top_customers"]]
    return next(answer[key] for key in ("payment_methods", "products", "failures") if key in answer)


def _their_rows(answer: str) -> list[dict[str, Any]]:
    parsed = json.loads(answer, parse_float=Decimal, parse_int=Decimal)
    totals = parsed.get("totals", {})
    for bucket in ("date", "hour"):  # of the totals, it says nothing
        totals.pop(bucket, None)
    return parsed["data"] + [totals] * bool(totals)


def _check_row(of: str, our: dict[str, Any], their: dict[str, Any]) -> None:
    """All that ClickHouse says, PostgreSQL says too; ours says a little more, such as the period."""
    for key, value in their.items():
        if _plain(value) != _plain(our[key]):
            raise AssertionError(f"{of}: {key} is {value}, not {our[key]} as in {our}")


def _plain(value: Any) -> Any:
    """A number or an instant for the text of one, however it is written."""
    if value is None:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        pass
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.clickhouse",
        description="Gives the same events to ClickHouse (the wheel chdb, in this process) and to our"
        " service, in turns; stops when their figures differ; asks both the dashboard's questions, one at a"
        " time. Needs the extra `bench`, which `make bench` installs.",
    )
    parser.add_argument("--events", type=int, default=200_000, help="events to store, to ask about (200000)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (3)")
    options = parser.parse_args()
    figures = measure(options.events, DAYS, options.rounds)
    print_table(COLUMNS, [figure.row for figure in figures], f"{options.events:,} events")


def measure(events: int, days: int, rounds: int) -> list[Figure]:
    """Both store the same events and answer the same questions, in turns."""
    workload = Workload("history", events, MERCHANTS, days)
    with server.database() as url, engine() as clickhouse, server.service(url) as service:
        keys = ingest.create_merchants(url, workload.merchants)
        batches = list(workload.batches())
        with server.worker(url):
            figures = measure_storing(url, service.port, keys, clickhouse, batches, rounds)
        notes.print("comparing the figures with ClickHouse's ...")
        check_equal(clickhouse.session, url, workload.merchants[:5])
        notes.print("asking both ...")
        asking = Asking(service.port, keys, clickhouse.session, workload.merchants)
        return figures + [figure for name in QUESTIONS for figure in asking.measure(name, rounds)]


def measure_storing(
    url: str,
    port: int,
    keys: dict[UUID, str],
    clickhouse: ClickHouse,
    batches: list[tuple[Merchant, bytes]],
    rounds: int,
) -> list[Figure]:
    """Events a second, ours with all parts at once; what they do in the background ends between turns."""
    ours: list[float] = []
    theirs: list[float] = []
    step = -(-len(batches) // rounds)
    for start in range(0, len(batches), step):
        notes.print(f"storing, in ClickHouse too, round {start // step + 1} of {rounds} ...")
        part = batches[start : start + step]
        events = sum(size(body) for _, body in part)
        ours.append(events / store(url, port, keys, part))
        rollup.catch_up(url)
        theirs.append(events / insert(clickhouse, part, CLIENTS))
        merge(clickhouse.session)
    return [
        Figure("acknowledged and aggregated ÷ ClickHouse's inserts", "", ratios(ours, theirs), at_least=1.5),
        Figure("acknowledged and aggregated, HTTP batches of 1000", "events/s", ours),
        Figure("ClickHouse, inserts of 1000", "events/s", theirs),
    ]


def store(url: str, port: int, keys: dict[UUID, str], batches: ingest.Batches) -> float:
    """Seconds from the first request until nothing is left to aggregate."""
    started_at = time.perf_counter()
    ingest.send_over_http(port, keys, batches, CLIENTS)
    while rollup.pending(url):
        time.sleep(0.05)
    return time.perf_counter() - started_at


class Asking:
    """One client that asks the dashboard's questions: our service over HTTP, ClickHouse by a call."""

    def __init__(self, port: int, keys: dict[UUID, str], session: Session, merchants: list[Merchant]) -> None:
        self._port = port
        self._keys = keys
        self._session = session
        self._merchants = merchants
        self._rng = random.Random(1)

    def measure(self, name: str, rounds: int) -> list[Figure]:
        """Half of all answers came sooner, in turns; merchants are asked for as often as they have events."""
        weights = [merchant.events for merchant in self._merchants]
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(rounds):
            merchants = self._rng.choices(self._merchants, weights, k=CALLS)
            ours.append(median(self._ask_service(name, merchants)))
            theirs.append(median(self._ask_clickhouse(name, merchants)))
        return [
            Figure(f"HTTP, {name} ÷ ClickHouse", "", ratios(ours, theirs), at_most=0.3),
            Figure(f"HTTP, {name}: p50 of one client", "ms", ours),
            Figure(f"ClickHouse, {name}: p50", "ms", theirs),
        ]

    def _ask_service(self, name: str, merchants: list[Merchant]) -> list[float]:
        path = (endpoints.PATHS | endpoints.LARGER)[name]
        requests = [http_load.get(path, X_API_Key=self._keys[m.merchant_id]) for m in merchants]
        return http_load.time_each(self._port, requests)

    def _ask_clickhouse(self, name: str, merchants: list[Merchant]) -> list[float]:
        times: list[float] = []
        for merchant in merchants:
            started_at = time.perf_counter()
            ask(self._session, name, merchant)
            times.append((time.perf_counter() - started_at) * 1000)
        return times


if __name__ == "__main__":
    main()
