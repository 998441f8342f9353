"""What comes in: the shape of events, of other bodies and of query parameters.

Shape is what can be told without data: types, lengths, formats. Whether a currency exists, how many decimals
it has and what time it is now, the database knows, and checks.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from app import strict_json
from app.errors import MALFORMED_REQUEST, FieldError, Problem, invalid

MAX_EVENTS = 1000

# --- events --------------------------------------------------------------------------------------

# What PostgreSQL holds in a text; told in the API's description, and checked once for all fields.
_STORABLE = {"pattern": "^[^\\u0000]*$"}

# Each description completes "must be ..."; a field's title says what it is, for the API's description.
Text64 = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="a string of 1 to 64 characters",
        extra_json_schema=_STORABLE,
    ),
]
Text128 = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="a string of 1 to 128 characters",
        extra_json_schema=_STORABLE,
    ),
]
Text255 = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        description="a string of 1 to 255 characters",
        extra_json_schema=_STORABLE,
    ),
]
Text256 = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        description="a string of 1 to 256 characters",
        extra_json_schema=_STORABLE,
    ),
]
EventType = Annotated[
    Literal["payment_created", "payment_succeeded", "payment_failed", "payment_refunded"],
    Meta(description="payment_created, payment_succeeded, payment_failed or payment_refunded"),
]
# Kept as it was written: an amount is never made a number here, least of all a binary float.
_AMOUNTS = [
    {"type": "number", "minimum": 0, "exclusiveMaximum": 10**15},
    {"type": "string", "pattern": r"^(0|[1-9]\d{0,14})(\.\d{1,30})?$"},
]
Amount = Annotated[
    Raw,
    Meta(
        description="a number, or a decimal string, from 0 with at most 15 integer digits",
        extra_json_schema={"anyOf": _AMOUNTS},
    ),
]
Fee = Annotated[
    Raw,
    Meta(
        title="What the payment cost; 0 unless given",
        description="a number, or a decimal string, from 0 with at most 15 integer digits",
        examples=[30],
        extra_json_schema={"anyOf": [*_AMOUNTS, {"type": "null"}]},
    ),
]
CurrencyCode = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=3,
        description="an active ISO 4217 code in upper case",
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
    ),
]
Instant = Annotated[
    datetime, Meta(tz=True, description="an RFC 3339 time with offset, like 2026-01-31T09:30:00Z")
]


class EventData(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """An event but for its type. Null counts as missing, for the fields that may be missing."""

    transaction_id: Annotated[
        Text128,
        Meta(title="The payment's id in your system, the same in all its events", examples=["txn-789"]),
    ]
    amount: Annotated[
        Amount, Meta(title="In units of the currency, with no more decimals than it has", examples=[1000])
    ]
    currency: Annotated[CurrencyCode, Meta(title="Of amount and fee", examples=["XOF"])]
    fee: Fee | UnsetType = UNSET
    payment_method: Annotated[
        Text64 | None | UnsetType,
        Meta(title="A name of your choice; unknown unless given", examples=["mobile_money"]),
    ] = UNSET
    product_id: Annotated[Text128 | None | UnsetType, Meta(title="What was sold", examples=["prod-123"])] = (
        UNSET
    )
    product_name: Annotated[
        Text256 | None | UnsetType, Meta(title="How the product is shown", examples=["Premium"])
    ] = UNSET
    customer_id: Annotated[Text128 | None | UnsetType, Meta(title="Who paid", examples=["cust-456"])] = UNSET
    failure_code: Annotated[
        Text64 | None | UnsetType, Meta(title="Why it failed; kept for payment_failed", examples=[None])
    ] = UNSET
    occurred_at: Annotated[
        Instant | None | UnsetType,
        Meta(
            title="When it happened, from 1970 up to 5 minutes from now; the time of receipt unless given",
            examples=["2026-11-22T09:30:00Z"],
        ),
    ] = UNSET
    idempotency_key: Annotated[
        Text255 | None | UnsetType,
        Meta(
            title="Tells events of one type and transaction apart, such as a second partial refund",
            examples=[None],
        ),
    ] = UNSET


class Event(EventData, kw_only=True):
    """One event as a client sends it."""

    event_type: Annotated[EventType, Meta(title="What happened", examples=["payment_succeeded"])]


Events = Annotated[list[Event], Meta(min_length=1, max_length=MAX_EVENTS)]


class Webhook(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a signed message holds (Standard Webhooks): an event, its type outside."""

    type: Annotated[
        Literal["payment.created", "payment.succeeded", "payment.failed", "payment.refunded"],
        Meta(
            title="What happened",
            description="payment.created, payment.succeeded, payment.failed or payment.refunded",
            examples=["payment.succeeded"],
        ),
    ]
    timestamp: Annotated[
        Instant,
        Meta(title="The event's occurred_at, when data has none", examples=["2026-11-22T09:30:00Z"]),
    ]
    data: Annotated[
        Raw,
        Meta(
            description="an event without event_type",
            extra_json_schema={"$ref": "#/components/schemas/EventData"},
        ),
    ]


# A number of bounded size, bare or in quotes; the database decides about its value.
_NUMBER = rb"-?(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?"
_AMOUNT = rb'(?:%b|"%b")' % (_NUMBER, _NUMBER)
_FEE = rb"(?:%b|null)" % _AMOUNT
_IS_AMOUNT = re.compile(_AMOUNT).fullmatch
_IS_FEE = re.compile(_FEE).fullmatch
_ARE_AMOUNTS = re.compile(rb"%b(?:,%b)*" % (_AMOUNT, _AMOUNT)).fullmatch
_ARE_FEES = re.compile(rb"(?:%b(?:,%b)*)?" % (_FEE, _FEE)).fullmatch

# PostgreSQL knows no offset beyond this, and no place on earth has one.
_MAX_OFFSET = timedelta(hours=16)

AnyEvent = TypeVar("AnyEvent", bound=EventData)

_EVENT = msgspec.json.Decoder(Event)
_EVENT_DATA = msgspec.json.Decoder(EventData)
_EVENTS = msgspec.json.Decoder(list[Event])
_WEBHOOK = msgspec.json.Decoder(Webhook)
_ITEM = msgspec.json.Decoder(Raw)
_ITEMS = msgspec.json.Decoder(list[Raw])

# A line with something on it; what JSON takes for blank before it is left out.
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")


class Batch(NamedTuple):
    """A JSON array of events to store, and what is wrong with the items that are not fit to be stored.

    Such an item stands as `{}` in the array, which the database rejects at its place.
    """

    text: bytes
    errors: dict[int, FieldError]
    size: int


def check_event(body: bytes) -> Event:
    """The event that the body is. Errors: Problem 400, 422."""
    event = _read_event(body, _EVENT, _EVENT_RULES)
    if isinstance(event, FieldError):
        # text that is no JSON at all is that in the first place
        strict_json.decode(body, _ITEM)
        raise invalid(event)
    return event


def check_events(body: bytes) -> Batch:
    """The events that the body is an array of. Errors: Problem 400; 422 when it is no array of 1 to 1000."""
    if size := _good_batch_size(body):
        return Batch(body, {}, size)
    try:
        items = [bytes(item) for item in strict_json.decode(body, _ITEMS)]
    except msgspec.ValidationError:
        strict_json.decode(body, _ITEM)
        items = []
    if not 1 <= len(items) <= MAX_EVENTS:
        raise invalid(FieldError("", f"must be an array of 1 to {MAX_EVENTS} events"))
    return _check_items(body, items, lambda index: f"Item {index}")


def check_event_lines(body: bytes) -> Batch:
    """The events that the body has one a line (NDJSON), as an array; blank lines are none and do not count.

    Errors: as of `check_events`.
    """
    lines = list(islice(_LINE.finditer(body), MAX_EVENTS + 1))
    if not 1 <= len(lines) <= MAX_EVENTS:
        raise invalid(FieldError("", f"must be 1 to {MAX_EVENTS} events, one a line"))

    def place(index: int) -> str:
        line_feeds = body.count(b"\n", 0, lines[index].start())
        return f"Line {line_feeds + 1}"

    items = [line[0] for line in lines]
    for index, item in enumerate(items):
        # Each must be one value by itself: lines that are none may still make an array when put together.
        try:
            strict_json.decode(item, _ITEM)
        except Problem as problem:
            raise _placed(problem, place(index)) from problem
    array = _array(items)
    if size := _good_batch_size(array):
        return Batch(array, {}, size)
    return _check_items(array, items, place)


def _check_items(array: bytes, items: list[bytes], place: Callable[[int], str]) -> Batch:
    """The items of an array one by one. Errors: Problem 400, which names the place."""
    errors: dict[int, FieldError] = {}
    for index, item in enumerate(items):
        try:
            event = _read_event(item, _EVENT, _EVENT_RULES)
        except Problem as problem:
            raise _placed(problem, place(index)) from problem
        if isinstance(event, FieldError):
            errors[index] = FieldError(f"/{index}{event.pointer}", event.detail)
            items[index] = b"{}"
    return Batch(_array(items) if errors else array, errors, len(items))


def _placed(problem: Problem, place: str) -> Problem:
    return Problem(problem.kind, f"{place}: {problem.detail}")


def _array(items: list[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


class WebhookEvent(NamedTuple):
    """The event of a webhook, as the database takes it; `is_dated` says whether it came with its own time."""

    text: bytes
    is_dated: bool

    def locate(self, errors: bytes) -> bytes:
        """The database's `[{pointer, detail}]`, pointing into the webhook's body instead of the event."""
        decoded = msgspec.json.decode(errors, type=list[FieldError])
        return msgspec.json.encode([FieldError(self._pointer(e.pointer), e.detail) for e in decoded])

    def _pointer(self, pointer: str) -> str:
        if pointer == "/event_type":
            return "/type"
        if pointer == "/occurred_at" and not self.is_dated:
            return "/timestamp"
        return f"/data{pointer}"


def check_webhook(body: bytes, webhook_id: str) -> WebhookEvent:
    """The event of a webhook, whose id is the event's idempotency key. Errors: Problem 400, 422."""
    webhook = _read_webhook(body)
    data = _read_event(bytes(webhook.data), _EVENT_DATA, _EVENT_DATA_RULES)
    if isinstance(data, FieldError):
        raise invalid(FieldError(f"/data{data.pointer}", data.detail))
    if data.idempotency_key and data.idempotency_key != webhook_id:
        raise invalid(FieldError("/data/idempotency_key", "must be the same as the header webhook-id"))
    # the fields as they were written, so that amounts stay what they are
    fields: dict[str, Any] = {**msgspec.json.decode(webhook.data, type=dict[str, Raw])}
    fields["event_type"] = webhook.type.replace(".", "_")
    is_dated = bool(data.occurred_at)
    if not is_dated:
        fields["occurred_at"] = webhook.timestamp
    fields["idempotency_key"] = webhook_id
    return WebhookEvent(msgspec.json.encode(fields), is_dated)


def _read_webhook(body: bytes) -> Webhook:
    try:
        webhook = strict_json.decode(body, _WEBHOOK)
    except msgspec.ValidationError as error:
        # text that is no JSON at all is that in the first place
        strict_json.decode(body, _ITEM)
        raise invalid(_field_error(str(error), _WEBHOOK_RULES, "field")) from error
    if wrong := _unstorable(webhook, _WEBHOOK_RULES):
        raise invalid(wrong)
    return webhook


def _good_batch_size(body: bytes) -> int:
    """The events when nothing at all is wrong, else 0: the way of nearly every batch, hence fast."""
    try:
        events = strict_json.decode(body, _EVENTS)
    except (msgspec.ValidationError, Problem):
        return 0
    is_good = (
        1 <= len(events) <= MAX_EVENTS
        and _ARE_AMOUNTS(b",".join([event.amount for event in events])) is not None
        and _ARE_FEES(b",".join([event.fee for event in events if event.fee is not UNSET])) is not None
        and not any(event.occurred_at and _is_odd(event.occurred_at) for event in events)
        and rb"\u0000" not in body
    )
    return len(events) if is_good else 0


def _read_event(
    text: bytes, decoder: msgspec.json.Decoder[AnyEvent], rules: dict[str, str]
) -> AnyEvent | FieldError:
    """One event, or the first thing that is wrong with it."""
    try:
        event = strict_json.decode(text, decoder)
    except msgspec.ValidationError as error:
        return _field_error(str(error), rules, "field")
    if not _IS_AMOUNT(event.amount):
        return _broken_rule("amount", rules)
    if event.fee is not UNSET and not _IS_FEE(event.fee):
        return _broken_rule("fee", rules)
    if rb"\u0000" in text or (event.occurred_at and _is_odd(event.occurred_at)):
        return _unstorable(event, rules) or event
    return event


def _unstorable(value: msgspec.Struct, rules: dict[str, str]) -> FieldError | None:
    """The first field that is what it must be and that PostgreSQL cannot hold all the same."""
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if isinstance(field, str) and "\0" in field:
            return FieldError(f"/{name}", "must not contain NUL characters")
        if isinstance(field, datetime) and _is_odd(field):
            return _broken_rule(name, rules)
    return None


def _is_odd(time: datetime) -> bool:
    return time.tzinfo is not UTC and abs(cast(timedelta, time.utcoffset())) >= _MAX_OFFSET


def with_idempotency_key(event: bytes, key: str) -> bytes:
    """The event's text with that key: of a name that is there twice the database takes the last."""
    return event.rstrip()[:-1] + b',"idempotency_key":' + msgspec.json.encode(key) + b"}"


# --- bodies of fields ------------------------------------------------------------------------------

Name = Annotated[
    str,
    Meta(max_length=200, description="a string of at most 200 characters", extra_json_schema=_STORABLE),
]
Overlap = Annotated[
    int, Meta(ge=0, le=30 * 86400, description="a whole number of seconds from 0 to 2592000 (30 days)")
]


class KeyRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new API key: without an end unless asked, and able to send events alone."""

    name: Annotated[Name, Meta(title="For people to tell it by", examples=["till 3"])] = ""
    scopes: Annotated[
        list[Literal["events:write", "dashboard:read"]],
        Meta(
            min_length=1,
            title="What the key may do; events:write alone unless given",
            description="an array of events:write, dashboard:read or both",
            examples=[["events:write", "dashboard:read"]],
        ),
    ] = msgspec.field(default_factory=lambda: ["events:write"])
    expires_at: Annotated[
        Instant | None, Meta(title="Within 10 years; it has no end unless given", examples=[None])
    ] = None


class KeyRotation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How long the old key lives on, and when the new one ends: as late as the old one was made for."""

    overlap_seconds: Annotated[Overlap, Meta(title="How long the old key still works", examples=[3600])] = (
        86400
    )
    expires_at: Annotated[
        Instant | None,
        Meta(title="Within 10 years; as long as the old one was made for, unless given", examples=[None]),
    ] = None


class EndpointRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new webhook endpoint."""

    description: Annotated[Name, Meta(title="For people to tell it by", examples=["till system"])] = ""


class SecretRotation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How long the old secret of a webhook endpoint stays good."""

    overlap_seconds: Annotated[
        Overlap, Meta(title="How long the old secret is still good", examples=[3600])
    ] = 86400


Body = TypeVar("Body", bound=msgspec.Struct)

_OBJECT = msgspec.json.Decoder(dict[str, Any])


def check_body(body: bytes, model: type[Body]) -> Body:
    """The fields of a JSON object. Errors: Problem 400, 422."""
    try:
        fields = msgspec.convert(strict_json.decode(body, _OBJECT), model)
    except msgspec.ValidationError as error:
        raise invalid(_field_error(str(error), _rules(model), "field")) from error
    if wrong := _unstorable(fields, _rules(model)):
        raise invalid(wrong)
    return fields


# --- query parameters ----------------------------------------------------------------------------

Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z", description="an ISO 4217 code in upper case")]
Date = Annotated[date, Meta(description="a date like 2026-01-31")]
Days = Annotated[int, Meta(ge=1, le=366, description="a whole number from 1 to 366", examples=[30])]

_MAX_DAYS = {"daily": 731, "hourly": 31}


def _check_range(start_date: date, end_date: date, max_days: int, reason: str) -> None:
    days = (end_date - start_date).days + 1
    if days < 1:
        raise invalid(FieldError("/end_date", "must not be before start_date"))
    if days > max_days:
        raise invalid(FieldError("/end_date", f"must be within {max_days} days{reason}"))


class CurrencyQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every dashboard read takes; without a currency it is the merchant's."""

    currency: Annotated[
        Currency | None, Meta(title="Of the figures; the merchant's own unless given", examples=["XOF"])
    ] = None


class AnalyticsQuery(CurrencyQuery, kw_only=True):
    """A range of local days, both included, in daily or hourly steps."""

    start_date: Annotated[Date, Meta(title="The first local day", examples=["2026-11-16"])]
    end_date: Annotated[
        Date,
        Meta(
            title="The last local day, not before the first; at most 731 days, 31 for hourly figures",
            examples=["2026-11-22"],
        ),
    ]
    granularity: Annotated[
        Literal["daily", "hourly"], Meta(title="Steps of the range", description="daily or hourly")
    ] = "daily"

    def check_range(self) -> None:
        """Refuses a range that ends before it starts or is too long. Errors: Problem 422."""
        reason = f" for {self.granularity} figures"
        _check_range(self.start_date, self.end_date, _MAX_DAYS[self.granularity], reason)


class PeriodQuery(CurrencyQuery, kw_only=True):
    """The last `days` local days, today included, or a range with both its ends."""

    days: Annotated[
        Days | None, Meta(title="The last local days, today included; 30 unless a range is given")
    ] = None
    start_date: Annotated[
        Date | None, Meta(title="The first local day, instead of days", examples=["2026-11-01"])
    ] = None
    end_date: Annotated[
        Date | None,
        Meta(title="The last local day, not before the first; at most 731 days", examples=["2026-11-22"]),
    ] = None

    def check_period(self) -> None:
        """Refuses half a range, one that is none or too long, and one beside `days`. Errors: Problem 422."""
        if self.start_date is None and self.end_date is None:
            return
        if self.days is not None:
            raise invalid(FieldError("/days", "must not be given together with start_date and end_date"))
        if self.start_date is None or self.end_date is None:
            missing = "start_date" if self.start_date is None else "end_date"
            raise invalid(FieldError(f"/{missing}", "is required, too"))
        _check_range(self.start_date, self.end_date, _MAX_DAYS["daily"], "")

    @property
    def period(self) -> tuple[int | None, date | None, date | None]:
        """What the database is asked for: days, or a start and an end."""
        return self.days, self.start_date, self.end_date


class RankingQuery(PeriodQuery, kw_only=True):
    """The first ranks of a period."""

    limit: Annotated[
        int, Meta(ge=1, le=100, title="How many at most", description="a whole number from 1 to 100")
    ] = 10


class CustomersQuery(CurrencyQuery, kw_only=True):
    """The best of all time."""

    limit: Annotated[
        int, Meta(ge=1, le=500, title="How many at most", description="a whole number from 1 to 500")
    ] = 50


class RankingReportQuery(RankingQuery, kw_only=True):
    """As many as wanted."""

    limit: Annotated[
        int,
        Meta(ge=1, le=100_000, title="How many at most", description="a whole number from 1 to 100000"),
    ] = 10


class CustomersReportQuery(CustomersQuery, kw_only=True):
    """As many as wanted."""

    limit: Annotated[
        int,
        Meta(ge=1, le=1_000_000, title="How many at most", description="a whole number from 1 to 1000000"),
    ] = 50


# Whether the date or the time exists, the database tells.
Bound = Annotated[
    str,
    Meta(
        pattern=r"\A\d{4}-\d\d-\d\d([Tt][0-9:.]{8,20}([Zz]|[+-]\d\d:\d\d))?\Z",
        description="a date like 2026-01-31 or an RFC 3339 time with offset, in which + is written %2B",
    ),
]
Status = Annotated[
    Literal["created", "failed", "succeeded", "partially_refunded", "refunded"],
    Meta(description="created, failed, succeeded, partially_refunded or refunded"),
]
Place = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1000,
        description="a cursor of the list, or the id of a transaction",
        extra_json_schema=_STORABLE,
    ),
]


class TransactionFilters(CurrencyQuery, kw_only=True):
    """Which transactions; without a currency those of all."""

    currency: Annotated[Currency | None, Meta(title="Of the transactions", examples=["XOF"])] = None
    status: Annotated[Status | None, Meta(title="Of the transactions")] = None
    from_: Annotated[Bound | None, Meta(title="Where `started_at` begins", examples=["2026-11-16"])] = (
        msgspec.field(name="from", default=None)
    )
    to: Annotated[
        Bound | None,
        Meta(title="Where `started_at` ends: a date included, a time excluded", examples=["2026-11-22"]),
    ] = None
    customer_id: Annotated[Text128 | None, Meta(title="Who paid", examples=["cust-456"])] = None
    product_id: Annotated[Text128 | None, Meta(title="What was sold", examples=["prod-123"])] = None
    payment_method: Annotated[Text64 | None, Meta(title="How it was paid", examples=["wave"])] = None
    search: Annotated[
        Text128 | None, Meta(title="How a transaction's or a customer's id starts", examples=["txn-"])
    ] = None

    def filters(self) -> tuple[str | None, ...]:
        """In the order in which the database takes them."""
        return (
            self.status,
            self.from_,
            self.to,
            self.customer_id,
            self.product_id,
            self.payment_method,
            self.currency,
            self.search,
        )


class TransactionsQuery(TransactionFilters, kw_only=True):
    """A page of the transactions, older or newer than a place in the list."""

    limit: Annotated[
        int, Meta(ge=1, le=100, title="How many at most", description="a whole number from 1 to 100")
    ] = 50
    starting_after: Annotated[Place | None, Meta(title="Older ones than this")] = None
    ending_before: Annotated[Place | None, Meta(title="Newer ones than this, instead")] = None

    def check_direction(self) -> None:
        """Refuses two directions at once. Errors: Problem 422."""
        if self.starting_after and self.ending_before:
            raise invalid(FieldError("/ending_before", "must not be given together with starting_after"))


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing to be asked for."""


class ReadinessQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whose readiness is asked for."""

    exclude: (
        Annotated[Literal["runner"], Meta(title="A check that does not count", description="runner")] | None
    ) = None


class PageQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A page of a list that is in order of age, the newest first."""

    limit: Annotated[
        int, Meta(ge=1, le=100, title="How many at most", description="a whole number from 1 to 100")
    ] = 100
    starting_after: (
        Annotated[
            str,
            Meta(
                pattern=r"\A\w{1,64}\Z",
                title="Where the page begins",
                description="the id of the last item before the page",
            ),
        ]
        | None
    ) = None


Query = TypeVar("Query", bound=msgspec.Struct)


_IS_WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII).fullmatch


@cache
def _numbers(model: type[msgspec.Struct]) -> frozenset[str]:
    """The parameters that are numbers. (msgspec's own lax reading takes the text "null" for nothing.)"""
    schema = msgspec.json.schema(model)["$defs"][model.__name__]
    return frozenset(
        name
        for name, rule in schema["properties"].items()
        if any(variant.get("type") == "integer" for variant in rule.get("anyOf", [rule]))
    )


def check_query(query_string: bytes, model: type[Query]) -> Query:
    """The parameters of a request, each at most once and none unknown. Errors: Problem 400, 422."""
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise Problem(MALFORMED_REQUEST, "The query string cannot be read.") from error
    numbers = _numbers(model)
    values = {
        name: int(value) if name in numbers and _IS_WHOLE_NUMBER(value) else value for name, value in pairs
    }
    for name, _ in pairs:
        if [other for other, _ in pairs].count(name) > 1:
            raise invalid(FieldError(_pointer(name), "must not be given twice"))
    try:
        query = msgspec.convert(values, model)
    except msgspec.ValidationError as error:
        raise invalid(_field_error(str(error), _rules(model), "parameter")) from error
    if wrong := _unstorable(query, _rules(model)):
        raise invalid(wrong)
    return query


# --- what a validation error says, for a client --------------------------------------------------


@cache
def _rules(model: type[msgspec.Struct]) -> dict[str, str]:
    """What each field must be, from the descriptions of its type."""
    schema = msgspec.json.schema(model)["$defs"][model.__name__]
    return {
        name: rule.get("description") or rule["anyOf"][0]["description"]
        for name, rule in schema["properties"].items()
    }


_EVENT_RULES = _rules(Event)
_EVENT_DATA_RULES = _rules(EventData)
_WEBHOOK_RULES = _rules(Webhook)


def _field_error(message: str, rules: dict[str, str], kind: str) -> FieldError:
    """A decoder's message about a flat struct, such as "Expected `str`, got `int` - at `$.amount`"."""
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        return FieldError(_pointer(missing[1]), "is required")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return FieldError(_pointer(unknown[1]), f"is not a known {kind}")
    if wrong := re.search(r" - at `\$\.(\w+)(?:\[.*\])?`\Z", message):
        return _broken_rule(wrong[1], rules)
    return FieldError("", "must be an object")


def _broken_rule(name: str, rules: dict[str, str]) -> FieldError:
    return FieldError(_pointer(name), f"must be {rules[name]}")


def _pointer(name: str) -> str:
    # bounded, because an unknown name is as long as its sender likes
    return "/" + name[:100].replace("~", "~0").replace("/", "~1")
