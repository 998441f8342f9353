"""Reports: CSV as RFC 4180 has it, the same figures as the JSON, streamed, whole or visibly broken off."""

import csv
import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.http.conftest import Service, Tenant, assert_problem, event, run_service
from tests.processes import wait_until

Connection = psycopg.Connection[Any]
Drain = Callable[[Connection], None]
Json = dict[str, Any]

BATCH = "/api/events/transaction/batch"
TRANSACTIONS = "/api/reports/transactions.csv"
NOW = datetime.now(UTC)
TODAY = NOW.date().isoformat()
LONG_AGO = (NOW - timedelta(days=20)).date().isoformat()

# Beginnings that spreadsheets take for formulas, and what CSV itself has to keep apart.
HOSTILE = [
    "=1+1",
    "=HYPERLINK(\"http://evil.example\";\"x\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0d1",
    "'quoted",
    '"',
    '""',
    'a"b',
    "a,b",
    "a;b",
    "a\r\nb",
    "a\nb",
    "\u00e9\U0001f600",
    " blank ",
    "\ufeffbom",
    "null",
    "x",
]  # fmt: skip


def answer_of(client: httpx.Client, tenant: Tenant, path: str, **query: object) -> Json:
    parameters = {name: str(value) for name, value in query.items()}
    response = client.get(path, params=parameters, headers=tenant.headers)
    assert response.status_code == 200, response.text
    return json.loads(response.text, parse_float=Decimal)


def read_csv(response: httpx.Response) -> list[dict[str, str]]:
    """The lines by their headings, after a look at the form: quotes where needed, CRLF, UTF-8, no BOM."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert response.headers["content-disposition"].startswith('attachment; filename="')
    assert response.headers["content-disposition"].endswith('.csv"')
    text = response.content.decode()
    assert text.endswith("\r\n")
    assert not text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows
    header, *lines = rows
    assert {len(line) for line in lines} <= {len(header)}
    # with all that is quoted taken away, the ends of lines are the only control characters
    bare = "".join(text.split('"')[::2])
    assert bare.count("\r\n") == len(rows) == bare.count("\n") == bare.count("\r")
    return [dict(zip(header, line, strict=True)) for line in lines]


def report_of(client: httpx.Client, tenant: Tenant, path: str, **query: object) -> list[dict[str, str]]:
    parameters = {name: str(value) for name, value in query.items()}
    return read_csv(client.get(path, params=parameters, headers=tenant.headers))


def text_of(cell: str) -> str:
    """A cell without the apostrophe that makes a formula text."""
    return cell.removeprefix("'")


def as_cells(entry: Json) -> dict[str, str]:
    """How a JSON object stands in a line: numbers with all their decimals, null as nothing."""
    return {name: "" if value is None else str(value) for name, value in entry.items()}


def plain(line: dict[str, str]) -> dict[str, str]:
    return {name: text_of(cell) for name, cell in line.items()}


@pytest.fixture
def shop(client: httpx.Client, tenant: Tenant, db: Connection, drain: Drain) -> Tenant:
    """Payments in currencies with 0, 2 and 3 decimals, of hostile customers who buy hostile products."""
    events = []
    for n, text in enumerate(HOSTILE):
        for currency, amount in (("XOF", f"{1000 + n}"), ("EUR", f"{10 + n}.50"), ("KWD", f"{n}.005")):
            fields = {
                "transaction_id": f"{text} {n} {currency}",
                "currency": currency,
                "customer_id": text,
                "product_id": f"{text} {n % 4}",
                "product_name": text,
                "payment_method": text,
                "occurred_at": (NOW - timedelta(hours=7 * n)).isoformat(),
            }
            event_type = "payment_failed" if n % 6 == 5 else "payment_succeeded"
            failure = {"failure_code": HOSTILE[n // 6]} if n % 6 == 5 else {}
            events.append(event(**fields, event_type=event_type, amount=amount, fee=1, **failure))
            if n % 5 == 4:
                events.append(event(**fields, event_type="payment_refunded", amount=1))
    answer = client.post(BATCH, json=events, headers=tenant.headers)
    assert (answer.status_code, answer.json()["ingested"]) == (202, len(events))
    drain(db)
    return tenant


# --- the same as the JSON ------------------------------------------------------------------------

SAME: list[tuple[str, str, Json]] = [
    ("analytics", "data", {"start_date": LONG_AGO, "end_date": TODAY}),
    ("analytics", "data", {"start_date": TODAY, "end_date": TODAY, "granularity": "hourly"}),
    ("payment-methods", "payment_methods", {"days": 3}),
    ("payment-methods", "payment_methods", {}),
    ("top-products", "products", {"days": 5, "limit": 3}),
    ("top-products", "products", {"limit": 100}),
    ("top-products", "products", {"start_date": LONG_AGO, "end_date": TODAY}),
    ("payment-methods", "payment_methods", {"start_date": LONG_AGO, "end_date": TODAY}),
    ("failures", "failures", {"limit": 100}),
    ("failures", "failures", {"start_date": LONG_AGO, "end_date": TODAY, "limit": 2}),
    ("customers", "top_customers", {"limit": 500}),
    ("customers", "top_customers", {"limit": 1}),
]


@pytest.mark.parametrize("currency", [None, "XOF", "EUR", "KWD"])
def test_figures_are_those_of_the_json(client: httpx.Client, shop: Tenant, currency: str | None) -> None:
    for name, key, query in SAME:
        asked = {**query, **({"currency": currency} if currency else {})}
        answer = answer_of(client, shop, f"/api/dashboard/{name}", **asked)
        lines = report_of(client, shop, f"/api/reports/{name}.csv", **asked)
        assert {line.pop("currency") for line in lines} == {currency or "XOF"}
        assert [plain(line) for line in lines] == [as_cells(entry) for entry in answer[key]], (name, asked)
        assert lines


FILTERS: list[Json] = [
    {},
    {"status": "failed"},
    {"status": "partially_refunded", "currency": "KWD"},
    {"currency": "EUR"},
    {"customer_id": "=1+1"},
    {"product_id": "a,b 2"},
    {"payment_method": "-1"},
    {"search": "a"},
    {"from": (NOW - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")},
    {"to": LONG_AGO},
]


def test_transactions_are_those_of_the_pages(client: httpx.Client, shop: Tenant) -> None:
    for query in FILTERS:
        page = answer_of(client, shop, "/api/transactions", **query)
        entries = page["data"]
        while page["has_more"]:
            after = {**query, "starting_after": page["next_cursor"]}
            page = answer_of(client, shop, "/api/transactions", **after)
            entries += page["data"]
        lines = report_of(client, shop, TRANSACTIONS, **query)
        assert [plain(line) for line in lines] == [as_cells(entry) for entry in entries], query
        assert lines or "to" in query


def test_no_cell_is_a_formula(client: httpx.Client, shop: Tenant) -> None:
    """And what a text was can be told: without an apostrophe at its front, where there is one."""
    sums = {"days": 30, "limit": 100}
    for name, query in (
        ("payment-methods", {"days": 30}),
        ("top-products", sums),
        ("failures", sums),
        ("customers", {"limit": 100}),
        ("transactions", {}),
    ):
        lines = report_of(client, shop, f"/api/reports/{name}.csv", **query)
        cells = [cell for line in lines for cell in line.values()]
        assert not [
            cell
            for cell in cells
            if cell[:1] in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") and not is_number(cell)
        ]
        assert any(cell.startswith("'=") for cell in cells)
    told = {text_of(line["customer_id"]) for line in report_of(client, shop, TRANSACTIONS)}
    assert told == set(HOSTILE)


def is_number(cell: str) -> bool:
    """A negative figure of ours, such as a net revenue."""
    return cell.lstrip("-").replace(".", "", 1).isdecimal()


def test_of_nothing_there_is_a_header(client: httpx.Client, tenant: Tenant) -> None:
    assert report_of(client, tenant, TRANSACTIONS) == []
    assert report_of(client, tenant, "/api/reports/customers.csv", limit=1_000_000) == []
    for name in ("top-products", "failures"):
        assert report_of(client, tenant, f"/api/reports/{name}.csv", limit=100_000) == []


WRONG = [
    ("analytics", "", "/start_date"),
    ("analytics", f"start_date={TODAY}&end_date=x", "/end_date"),
    ("analytics", f"start_date={TODAY}&end_date={LONG_AGO}", "/end_date"),
    ("payment-methods", "days=367", "/days"),
    ("top-products", "limit=100001", "/limit"),
    ("top-products", "days=0", "/days"),
    ("top-products", "start_date=2026-01-01", "/end_date"),
    ("payment-methods", "days=1&start_date=2026-01-01&end_date=2026-01-01", "/days"),
    ("failures", "limit=100001", "/limit"),
    ("failures", "end_date=2026-01-01", "/start_date"),
    ("customers", "limit=1000001", "/limit"),
    ("customers", "limit=0", "/limit"),
    ("transactions", "status=lost", "/status"),
    ("transactions", "from=2026-02-30", "/from"),
    ("transactions", "to=tomorrow", "/to"),
    ("transactions", "search=", "/search"),
    ("transactions", "limit=1", "/limit"),
    ("transactions", "starting_after=t", "/starting_after"),
    *(
        (name, f"{needed}currency=ZZZ", "/currency")
        for name, needed in (
            ("analytics", f"start_date={TODAY}&end_date={TODAY}&"),
            ("payment-methods", ""),
            ("top-products", ""),
            ("failures", ""),
            ("customers", ""),
            ("transactions", ""),
        )
    ),
    ("customers", "format=xlsx", "/format"),
]  # fmt: skip


def test_a_wrong_parameter_is_named(client: httpx.Client, tenant: Tenant) -> None:
    for name, query, pointer in WRONG:
        response = client.get(f"/api/reports/{name}.csv?{query}", headers=tenant.headers)
        assert_problem(response, 422, "validation-failed", [pointer])
        assert "content-disposition" not in response.headers


def test_reports_count_as_requests(client: httpx.Client, tenant: Tenant, as_dba: Connection) -> None:
    as_dba.execute("select ops.limit_merchant(%s, 1, null, 4)", (tenant.merchant_id,))
    answers = [
        client.get(path, headers=tenant.headers)
        for _ in range(50)
        for path in (TRANSACTIONS, "/api/transactions", "/api/transactions/t")
    ]
    told = {answer.status_code for answer in answers}
    assert told == {200, 404, 429}
    for answer in answers:
        assert answer.headers["ratelimit-policy"] == '"requests";q=4;w=4'
        if answer.status_code == 429:
            assert_problem(answer, 429, "too-many-requests")


# --- large ones ----------------------------------------------------------------------------------

MANY = 50_000


@pytest.fixture
def many(db: Connection, tenant: Tenant) -> Tenant:
    """So many transactions, put there without their events, of some 15 MB as CSV."""
    db.execute(
        """
        insert into data.merchant_transactions (
            merchant_id, started_at, decided_at, decided_by, last_received_at, refunded, transaction_id,
            currency, status, outcome, amount, revenue, refunds, fees, payment_method, customer_id
        )
        select
            %s, t.at, t.at, gen_random_uuid(), t.at, 0, repeat('t', 100) || n,
            'XOF', 'succeeded', 'succeeded', 1, 1, 0, 0, 'card', repeat('c', 100) || n
        from generate_series(1, %s) as n
        cross join lateral (select timestamptz '2026-01-01 00:00:00+00' + n * interval '1 second' as at) as t
        """,
        (tenant.merchant_id, MANY),
    )
    return tenant


def reading(db: Connection) -> list[tuple[int, str]]:
    """Sessions in which a report is read, and what each does."""
    query = """
        select pid, query from pg_stat_activity
        where datname = current_database() and application_name = 'molam-service'
            and state in ('active', 'idle in transaction') and query ilike 'fetch%'
    """
    return db.execute(query).fetchall()


@contextmanager
def begun(service: Service, tenant: Tenant) -> Iterator[socket.socket]:
    """A client that has asked for a report, has got its beginning, and reads no further by itself."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(30)
        client.connect(("127.0.0.1", service.port))
        request = f"GET {TRANSACTIONS} HTTP/1.1\r\nHost: x\r\nX-API-Key: {tenant.api_key}\r\n\r\n"
        client.sendall(request.encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        yield client


def test_fifty_thousand_lines(service: Service, client: httpx.Client, many: Tenant) -> None:
    query = {"search": "t"}
    lines = report_of(client, many, TRANSACTIONS, **query)
    numbers = [int(line["transaction_id"].lstrip("t")) for line in lines]
    assert numbers == list(range(MANY, 0, -1))


def test_lines_are_fetched_as_they_are_read(service: Service, db: Connection, many: Tenant) -> None:
    """Who does not read on keeps the cursor where it is: nothing is gathered up in the service."""
    with begun(service, many) as client:
        wait_until(lambda: bool(reading(db)), "a report that waits for its reader")
        ((_, query),) = reading(db)
        assert query.lower().startswith("fetch forward 1000")
        received, tail = 0, b""
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            part = client.recv(1 << 20)
            assert part, "the connection stays open"
            received, tail = received + len(part), (tail + part)[-100:]
    assert received > 10_000_000
    wait_until(lambda: not reading(db), "the end of the report")


def last_line(service: Service, problem: str) -> Json | None:
    """The last line of the log about such a request."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    return next((line for line in reversed(lines) if line.get("problem") == problem), None)


def test_a_client_that_leaves(service: Service, db: Connection, many: Tenant) -> None:
    with begun(service, many):
        wait_until(lambda: bool(reading(db)), "a report that waits for its reader")
    wait_until(lambda: not reading(db), "the end of its session")
    wait_until(lambda: last_line(service, "client-left") is not None, "a line in the log")
    line = last_line(service, "client-left")
    assert line
    assert (line["route"], line["merchant_id"]) == (TRANSACTIONS, str(many.merchant_id))


def test_an_error_on_the_way_breaks_off(service: Service, db: Connection, many: Tenant) -> None:
    """The body has no end, so nobody takes its beginning for the whole."""
    with begun(service, many) as client:
        wait_until(lambda: bool(reading(db)), "a report that waits for its reader")
        db.execute("select pg_terminate_backend(%s)", (reading(db)[0][0],))
        received, tail = 0, b""
        try:
            while part := client.recv(1 << 20):
                received, tail = received + len(part), (tail + part)[-100:]
        except ConnectionResetError:
            pass
    assert received < 10_000_000
    assert not tail.endswith(b"0\r\n\r\n")
    wait_until(lambda: last_line(service, "report-broken-off") is not None, "a line in the log")
    line = last_line(service, "report-broken-off")
    assert line
    # the server's last words, when they are heard
    assert line["sqlstate"] in ("57P01", "OperationalError")


def test_too_many_at_a_time(
    service: Service, settings: dict[str, str], db: Connection, many: Tenant, tmp_path: Path
) -> None:
    """Whoever reads slowly keeps others from reports, and from nothing else."""
    few = {**settings, "MOLAM_REPORT_POOL_MAX": "1", "MOLAM_POOL_TIMEOUT_SECONDS": "1"}
    with run_service(service.database_url, tmp_path / "log", **few) as other:
        with begun(other, many), httpx.Client(base_url=other.url, headers=many.headers) as client:
            wait_until(lambda: bool(reading(db)), "a report that waits for its reader")
            refused = client.get(TRANSACTIONS)
            assert_problem(refused, 503, "unavailable")
            assert int(refused.headers["retry-after"]) > 0
            assert client.get("/api/transactions").is_success
            assert client.get("/api/dashboard/overview").is_success
        wait_until(lambda: not reading(db), "the end of the report")
        with httpx.Client(base_url=other.url, headers=many.headers, timeout=30) as client:
            assert client.get(TRANSACTIONS, params={"status": "failed"}).is_success
