"""Bodies at random, through every way in for events: no answer but those described, and nothing left behind.

The seed is that of the random histories, which pytest prints. Each body is also read by Python's own decoder,
told to be strict: what that refuses must not get in, and what gets in must be stored to its last digit.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.db.dashboards import check_reconciled
from tests.http.conftest import MAX_BODY_BYTES, Service, Tenant, create_tenant, event
from tests.http.people import Person
from tests.http.senders import Sender, sign
from tests.http.test_protocol import BATCH, SINGLE, bomb, peak_memory
from tests.processes import wait_until

EXAMPLES = 600
# 401: a webhook that is no text is not signed.
STATUSES = {200, 202, 400, 401, 409, 413, 415, 422}
# What no answer may tell: names of our code, of the database's, of libraries.
INTERNALS = re.compile(r"Traceback|psycopg|msgspec|\.py\b|SQL|select |\b(api|data|internal)\.\w")
MAX_LOG_LINE = 600

Json = dict[str, Any]

# --- bodies --------------------------------------------------------------------------------------

# JSON as text, for no encoder would write it.
ODD_VALUES = st.sampled_from(
    [
        *("null", "true", "[]", "{}", "NaN", "Infinity", "-Infinity", "1e100000", "-1e100000", "1e-100000"),
        *("-0", "0", "1", "-1", "0.1", "1.00", "999999999999999", "1e15", "01", "0x1", "1" * 5_000),
        *("0." + "1" * 5_000, '""', '" "', '"a\\u0000b"', '"a\0b"', '"\\ud800"', '"\\udc00\\ud800"'),
        *('"\\ud83d\\ude00"', '"\u202e"', '"x', '"\\x"', '"NaN"', '"1e100000"', '"1_000"', '"\u0661"'),
        *('"' + "x" * 300 + '"', '"' + "é" * 60_000 + '"', "[" * 500 + "]" * 500, "[" * 5_000),
        *('{"a":' * 5_000 + "1" + "}" * 5_000, "[" + "0," * 50_000 + "0]"),
        *(
            '"infinity"',
            '"-infinity"',
            '"epoch"',
            '"now"',
            '"0001-01-01T00:00:00Z"',
            '"1969-12-31T23:59:59Z"',
        ),
        *('"1970-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"', '"294276-12-31T00:00:00Z"', '"5874897-12-31"'),
        *('"2026-02-30T00:00:00Z"', '"2026-01-01T00:00:60Z"', '"2026-01-01T00:00:00+15:59"'),
        *('"payment_failed"', '"payment_refunded"', '"EUR"', '"KWD"', '"xof"', '"ZZZ"'),
    ]
) | st.text(max_size=20).map(json.dumps)
FIELDS = st.sampled_from(
    [
        *("transaction_id", "event_type", "amount", "currency", "fee", "payment_method", "product_id"),
        *("product_name", "customer_id", "failure_code", "occurred_at", "idempotency_key"),
    ]
)
NAMES = FIELDS | st.sampled_from(
    ["merchant_id", "", "a\0", "\ud800", "\\u0061mount", "__proto__", "x" * 5_000]
)
CHANGES = st.lists(st.tuples(NAMES, ODD_VALUES), max_size=3)


def as_text(members: list[tuple[str, str]]) -> str:
    """An object, whose keys may come twice."""
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members) + "}"


@st.composite
def events(draw: st.DrawFn) -> str:
    """An event with some values that are odd: in place of good ones, beside them, or missing."""
    members = {name: json.dumps(value) for name, value in event().items()}
    changes = draw(CHANGES)
    kind = draw(st.sampled_from(["instead", "instead", "beside", "without"]))
    if kind == "beside":
        return as_text([*members.items(), *changes])
    if kind == "without":
        for name, _ in changes:
            members.pop(name, None)
        return as_text([*members.items()])
    return as_text([*{**members, **dict(changes)}.items()])


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> bytes:
    """The text with a piece of it missing, doubled, or replaced by any bytes."""
    body = text.encode(errors="surrogatepass")
    start, end = sorted(draw(st.tuples(*[st.integers(0, min(len(body), 2_000))] * 2)))
    new = draw(st.sampled_from([b"", body[start:end] * 2]) | st.binary(max_size=8))
    return body[:start] + new + body[end:]


WIDE = st.sampled_from(
    [
        as_text([(f"k{number}", "1") for number in range(20_000)]),
        "[" * 100_000,
        '[{"a":' * 20_000,
        "[" + "{}," * 1_000 + "{}]",
        '"' + "x" * (MAX_BODY_BYTES + 1),
        '{"product_name": "' + "x" * (10 * MAX_BODY_BYTES) + '"}',
        "",
        "null",
    ]
)


@dataclass(frozen=True)
class Way:
    """A way in, and how an event becomes a body for it."""

    name: str
    path: str
    headers: dict[str, str]
    wrap: Callable[[list[str]], str]


def webhook(items: list[str]) -> str:
    """A message; the type of its event is that of the message."""
    data = re.sub(r'"event_type": "[a-z_]+",? ?', "", items[0], count=1)
    return f'{{"type": "payment.succeeded", "timestamp": "2026-01-31T09:30:00Z", "data": {data}}}'


WAYS = [
    Way("one event", SINGLE, {}, lambda items: items[0]),
    Way("batch", BATCH, {}, lambda items: f"[{', '.join(items)}]"),
    Way("lenient batch", BATCH, {"Prefer": "handling=lenient"}, lambda items: f"[{', '.join(items)}]"),
    Way("lines", BATCH, {"Content-Type": "application/x-ndjson"}, "\n".join),
    Way("webhook", "/api/webhooks/", {}, webhook),
]


@dataclass(frozen=True, repr=False)
class Sent:
    """A request as it is sent. `text` is its body before it was compressed."""

    way: Way
    text: bytes
    body: bytes
    encoding: str
    is_chunked: bool

    def __repr__(self) -> str:
        chunked = ", chunked" if self.is_chunked else ""
        return f"{self.way.name}{chunked}, {self.encoding or 'plain'}: {self.text[:1_000]!r}"


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    way = draw(st.sampled_from(WAYS))
    match draw(st.sampled_from(["odd", "odd", "odd", "odd", "spoiled", "wide", "any"])):
        case "odd":
            items = draw(st.lists(events(), min_size=1, max_size=3))
            text = way.wrap(items).encode(errors="surrogatepass")
        case "spoiled":
            text = draw(
                spoiled(way.wrap([as_text([*{n: json.dumps(v) for n, v in event().items()}.items()])]))
            )
        case "wide":
            text = draw(WIDE).encode()
        case _:
            text = draw(st.binary(max_size=200))
    encoding, body = draw(st.sampled_from(["", "", "gzip", "cut off", "not gzip", "bomb"])), text
    match encoding:
        case "gzip":
            body = gzip.compress(text, 1)
        case "cut off":
            body = gzip.compress(text, 1)[:-9]
        case "bomb":
            body = text = bomb()
    return Sent(way, text, body, encoding, draw(st.booleans()))


# --- sending, and what must hold -----------------------------------------------------------------


def reference(text: bytes) -> Any:
    """What the text says. Error: ValueError when it is no JSON that all readers take alike."""

    def members(pairs: list[tuple[str, Any]]) -> Json:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    def constant(name: str) -> None:
        raise ValueError(name)

    value = json.loads(text.decode(), object_pairs_hook=members, parse_constant=constant, parse_float=Decimal)
    json.dumps(value, default=str, ensure_ascii=False).encode()  # lone surrogates
    return value


def good_events(sent: Sent) -> list[Json]:
    """The events that the body holds, when all of it can be read. Error: ValueError."""
    if sent.way.name == "lines":
        return [reference(line) for line in sent.text.split(b"\n") if line.strip()]
    value = reference(sent.text)
    match sent.way.name:
        case "one event":
            return [value]
        case "webhook":
            return [value["data"]]
        case _:
            return value


class Target:
    """The service, a merchant that sends, and what has come of it."""

    def __init__(
        self, client: httpx.Client, db: psycopg.Connection[Any], tenant: Tenant, sender: Sender
    ) -> None:
        self.client = client
        self.db = db
        self.tenant = tenant
        self.sender = sender
        self.outcomes: Counter[tuple[str, int]] = Counter()

    def send(self, sent: Sent) -> httpx.Response:
        path, headers = sent.way.path, {"Content-Type": "application/json", **self.tenant.headers}
        if sent.way.name == "webhook":
            path, headers = self.sender.path, sign(self.sender.secret, sent.text)
        headers |= {**sent.way.headers, "X-Request-Id": f"odd-{uuid4().hex}"}
        if sent.encoding:
            headers["Content-Encoding"] = "gzip"
        content = chunks(sent.body) if sent.is_chunked else sent.body
        response = self.client.post(path, content=content, headers=headers)
        self.outcomes[sent.way.name, response.status_code] += 1
        return response

    def stored(self) -> dict[str, tuple[Decimal, Decimal]]:
        query = "select event_id::text, amount, fee from data.transaction_events where merchant_id = %s"
        return {row[0]: row[1:] for row in self.db.execute(query, [self.tenant.merchant_id])}


def chunks(body: bytes) -> Iterator[bytes]:
    size = max(1, len(body) // 3)
    return (body[start : start + size] for start in range(0, len(body), size))


def check(target: Target, sent: Sent) -> None:
    note(repr(sent))
    before = target.stored()
    response = target.send(sent)
    new = {key: value for key, value in target.stored().items() if key not in before}
    assert response.status_code in STATUSES, response.text
    assert len(response.content) < 2 * MAX_BODY_BYTES
    if response.status_code not in (200, 202):
        assert response.headers["content-type"] == "application/problem+json"
        told = response.json()
        # pointers hold the names of fields, which are the client's
        assert not INTERNALS.search(json.dumps([told["title"], told["detail"].split(" ", 1)[-1]])), told
        assert not new
        return
    answer = response.json()
    ingested = answer.get("ingested", answer.get("queued"))
    assert ingested == len(new)
    # of what is lenient some may be refused, and then be no JSON either
    if ingested == answer.get("total", 1):
        assert sorted(new.values()) == sorted(map(amounts_of, good_events(sent)))


def amounts_of(item: Json) -> tuple[Decimal, Decimal]:
    return Decimal(item["amount"]), Decimal(item.get("fee") or 0)


@pytest.fixture
def target(client: httpx.Client, db: psycopg.Connection[Any], owner: Person) -> Target:
    return Target(client, db, create_tenant(db, owner.merchant_id), Sender(owner))


def test_no_body_does_harm(
    service: Service,
    target: Target,
    db: psycopg.Connection[Any],
    drain: Callable[[psycopg.Connection[Any]], None],
    record_property: Callable[[str, object], None],
) -> None:
    logged = service.log.stat().st_size
    target.send(Sent(WAYS[0], b"", bomb(), "bomb", is_chunked=False))
    peak = peak_memory(service)

    @settings(
        max_examples=EXAMPLES, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    @given(requests())
    def send(sent: Sent) -> None:
        check(target, sent)

    send()
    assert {(way.name, status) for way in WAYS for status in (202, 400, 413)} <= set(target.outcomes)
    # a body, what comes out of it, and what is made of it, each at most so large
    assert peak_memory(service) - peak < 40 * MAX_BODY_BYTES
    wait_until(lambda: len(lines_of(service, logged)) >= target.outcomes.total(), "the log is written")
    lines = lines_of(service, logged)
    assert len(lines) == target.outcomes.total()
    assert max(map(len, lines)) < MAX_LOG_LINE
    drain(db)
    check_reconciled(db, target.tenant.merchant_id)
    record_property("odd bodies sent to the service", target.outcomes.total())


def lines_of(service: Service, start: int) -> list[bytes]:
    """The lines of the log since then about requests of this test; each is JSON."""
    with service.log.open("rb") as log:
        log.seek(start)
        lines = log.read().splitlines()
    return [line for line in lines if json.loads(line).get("request_id", "").startswith("odd-")]
