"""Every function of `api` with arguments that nobody means: only errors that are written down come back.

Functions and their parameters are read from the catalogue, so that a new one is tried without anybody
remembering it. Each value is sent in the bytes of the protocol, for a client would refuse some before the
database could.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.pq import ExecStatus

from app.webhooks import new_endpoint_id
from tests.conftest import Connection
from tests.db.dashboards import check_reconciled
from tests.db.ingestion import ingest
from tests.db.shop import sale

SUCCESS = "00000"
REFCURSOR = 1790  # its type's oid
EXAMPLES = 25  # of each function, after each odd value alone
KEY_ID = "key1aaaaaaaa"

# Errors that docs/architecture.md and app/errors.py name for what a caller sends.
DOCUMENTED = re.compile(r"ML(403|404|409|413|422)|22...|54001")
# What a message may not tell: how the database is made inside.
INTERNALS = re.compile(r"\b(data|internal|rollup|triggers|mart)\.\w|relation|constraint|column|PL/pgSQL")

LARGE = "é" * 5_000_000  # 10 MB
LONG = ("x" * 8_001, "é" * 100_000)
ODD_TEXTS = ("", " ", "a\0b", b"\xed\xa0\x80", b"\xff", "\u202e\ufeff\U0010ffff", "'; select 1; --", *LONG)
ODD_DAYS = ("0001-01-01", "0001-01-01 BC", "4713-01-01 BC", "294276-12-31", "-infinity", "infinity", "epoch")
ODD_EVENTS = (
    *("", "null", "5", '"x"', "{}", "[]", "[null]", "[[]]", "[5, {}]", "[{}]", "[" * 5_000, "[" * 1_000_000),
    *(
        '{"a": ' * 100_000,
        "[" + "{}," * 1_000 + "{}]",
        '[{"a\\u0000": 1}]',
        '[{"transaction_id": "\\u0000"}]',
    ),
    *('[{"transaction_id": "\\ud800"}]', '[{"amount": {}}]', '[{"amount": [], "currency": {}}]'),
)
EVENT = {"transaction_id": "t", "event_type": "payment_succeeded", "amount": 1, "currency": "XOF"}
ODD_NUMBERS = (
    "NaN",
    "Infinity",
    "1e100000",
    "1e-100000",
    "1e131073",
    "-1",
    "0.1",
    "1" * 100_000,
    "true",
    "x",
)
ODD_EVENTS += tuple(
    json.dumps([{**EVENT, field: value}])
    for field, values in {
        "amount": ODD_NUMBERS,
        "fee": ODD_NUMBERS,
        "occurred_at": (*ODD_DAYS, "5874897-12-31", "now", "99999999999", "2026-01-01", "x"),
        "transaction_id": (None, 5, [], "", "x" * 129, "x" * 1_000_000),
        "currency": (None, "xof", "ZZZ", 952),
        "event_type": (None, "payment_lost", 5),
        "idempotency_key": ("", "x" * 256, 5),
        "unknown": (1, {"a": 1}),
    }.items()
    for value in values
)
ODD_EVENTS += (f"[{json.dumps(EVENT)[:-1]}, {json.dumps(EVENT)[1:]}]",)  # each key twice

# By the type of a parameter. Text that is none of the type is tried as well, for the service must not be the
# only guard.
ODD = {
    "uuid": ("00000000-0000-0000-0000-000000000000", str(uuid4()), "", "x"),
    "text": ODD_TEXTS,
    "integer": ("0", "-1", "2147483647", "-2147483648", "2147483648", "NaN", "1e3", ""),
    "bigint": ("0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "NaN"),
    "boolean": ("true", "false", "", "maybe"),
    "date": (*ODD_DAYS, "5874897-12-31", "5874898-01-01", "4714-01-01 BC", "2026-02-30", "", "now"),
    "timestamp with time zone": (*ODD_DAYS, "294277-01-01", "2026-01-01 25:00", "", "now"),
    "bytea": ("", r"\x", r"\x0", r"\x00", "\\x" + "00" * 32, "\\x" + "ff" * 100_000, "\\"),
    "text[]": ("{}", "{NULL}", "{{a}}", "{a,a}", "{", "[5:6]={a,b}", "{" + "a," * 100_000 + "a}", '{"a\0"}'),
    "json": ODD_EVENTS,
}

Value = str | bytes | None

# What is meant when nothing is known of a parameter but its type.
USUAL: dict[str, tuple[Value, ...]] = {
    **dict.fromkeys(ODD, (None,)),
    "text": (None, "x"),
    "integer": ("1", None),
    "bigint": ("1", None),
}


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    is_optional: bool


@dataclass(frozen=True)
class Function:
    name: str
    is_aggregate: bool
    parameters: tuple[Parameter, ...]


Arguments = dict[Parameter, Value]


def functions_of_api(db: Connection) -> list[Function]:
    query = """
        select p.proname, p.prokind = 'a', p.pronargs - p.pronargdefaults, p.proargnames[:p.pronargs],
            array(select format_type(t.type, null) from unnest(p.proargtypes) with ordinality as t (type, n))
        from pg_proc as p where p.pronamespace = 'api'::regnamespace order by 1
    """
    return [
        Function(
            name,
            is_aggregate,
            tuple(
                Parameter(parameter, kind, number >= required)
                for number, (parameter, kind) in enumerate(zip(names or [], types, strict=True))
            ),
        )
        for name, is_aggregate, required, names, types in db.execute(query)
    ]


class Caller:
    """Calls functions as the service does, for a merchant that has one of everything."""

    def __init__(self, api: Connection, outcomes: Counter[str], merchant_id: UUID, endpoint_id: str) -> None:
        self._api = api
        self.outcomes = outcomes
        # What is meant, by the name of a parameter, so that odd values get further than to the first check.
        self.usual: dict[str, tuple[Value, ...]] = {
            "p_merchant_id": (str(merchant_id),),
            "p_events": (json.dumps([EVENT]), json.dumps([{**EVENT, "transaction_id": "u"}])),
            "p_currency": (None, "XOF", "EUR", "ZZZ"),
            "p_granularity": ("daily", "hourly"),
            "p_start_date": ("2026-11-01", None),
            "p_end_date": ("2026-11-03", None),
            "p_days": (None, "30"),
            "p_limit": ("10",),
            "p_now": ("2026-11-03 12:00+00",),
            "p_expires_at": (None,),
            "p_status": (None, "succeeded"),
            "p_key_id": (KEY_ID, "key2aaaaaaaa"),
            "p_new_key_id": ("key3aaaaaaaa", KEY_ID),
            "p_endpoint_id": (endpoint_id, new_endpoint_id(merchant_id)),
            "p_secret_sha256": (r"\x" + "01" * 32,),
            "p_secret": (r"\x" + "01" * 32,),
            "p_scopes": ("{events:write}",),
            "p_caller": ("one", "x"),
            "p_address": ("192.0.2.1",),
            "p_transaction_id": ("one", "t"),
            "p_overlap_seconds": ("60",),
        }

    def usual_of(self, parameter: Parameter) -> tuple[Value, ...]:
        return self.usual.get(parameter.name, USUAL[parameter.type])

    def call(self, function: Function, arguments: Arguments, *, is_kept: bool) -> None:
        """Calls it, in a transaction that is kept or not, and reads a report's lines, too."""
        with self._api.transaction(force_rollback=not is_kept) as transaction:
            state = self._execute(function, arguments)
            self.outcomes[state] += 1
            if state != SUCCESS:
                raise psycopg.Rollback(transaction)

    def _execute(self, function: Function, arguments: Arguments) -> str:
        given = [f"${number}::text::{parameter.type}" for number, parameter in enumerate(arguments, 1)]
        named = [f"{p.name} => {value}" for p, value in zip(arguments, given, strict=True)]
        call = f"{function.name}({', '.join(given if function.is_aggregate else named)})"
        values = [v.encode(errors="surrogatepass") if isinstance(v, str) else v for v in arguments.values()]
        result = self._send(f"select {'' if function.is_aggregate else '* from '}api.{call}", values)
        for column in range(result.nfields):
            if result.ftype(column) == REFCURSOR and result.status == ExecStatus.TUPLES_OK:
                result = self._send(f'fetch all from "{result.get_value(0, column).decode()}"', [])
        if result.status == ExecStatus.TUPLES_OK:
            return SUCCESS
        return self._check_error(result, function, arguments)

    def _send(self, query: str, values: list[bytes | None]) -> Any:
        """In the protocol's binary format, which for text is the text: a NUL in it reaches the server."""
        types = [25] * len(values)
        return self._api.pgconn.exec_params(query.encode(), values, types, [1] * len(values))

    def _check_error(self, result: Any, function: Function, arguments: Arguments) -> str:
        def field(code: str) -> str:
            return (result.error_field(ord(code)) or b"").decode(errors="replace")

        state, message, detail = field("C"), field("M"), field("D")
        told = f"{function.name}: {state} {message} ({detail}), of {shown(arguments)}"
        assert DOCUMENTED.fullmatch(state), told
        # these are what HTTP clients read; of others they hear a sentence of the service's own
        if state in ("ML409", "ML422"):
            assert not INTERNALS.search(message), told
            assert re.fullmatch(r"[a-z0-9_]*|/.*", detail), told
        return state


def shown(arguments: Arguments) -> dict[str, str]:
    return {p.name: repr(value)[:200] for p, value in arguments.items()}


@st.composite
def arguments_of(draw: st.DrawFn, caller: Caller, function: Function) -> Arguments:
    """For each parameter what is meant, what is odd, any text, null, or nothing where it has a default."""
    arguments: Arguments = {}
    for parameter in function.parameters:
        kinds = ["usual", "usual", "odd", "any", "null", *(["none"] if parameter.is_optional else [])]
        match draw(st.sampled_from(kinds)):
            case "usual":
                arguments[parameter] = draw(st.sampled_from(caller.usual_of(parameter)))
            case "odd":
                arguments[parameter] = draw(st.sampled_from(ODD[parameter.type]))
            case "any":
                arguments[parameter] = draw(st.text(max_size=40) | st.binary(max_size=40))
            case "null":
                arguments[parameter] = None
    return arguments


def call_with_each_odd_value(caller: Caller, function: Function) -> None:
    """All parameters as meant but one; each call finds all as it was."""
    usual = {p: caller.usual_of(p)[0] for p in function.parameters}
    caller.call(function, usual, is_kept=False)
    for parameter in function.parameters:
        for value in chain(ODD[parameter.type], [None]):
            caller.call(function, {**usual, parameter: value}, is_kept=False)
    large = {p: LARGE for p in function.parameters if p.type == "text"}
    caller.call(function, usual | large, is_kept=False)


def call_with_random_values(caller: Caller, function: Function) -> None:
    @settings(
        max_examples=EXAMPLES, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    @given(arguments_of(caller, function))
    def call(arguments: Arguments) -> None:
        caller.call(function, arguments, is_kept=True)

    call()


def rows_of(db: Connection, merchant_id: UUID) -> dict[str, list[Any]]:
    """All that is stored of a merchant, in every table that knows merchants."""
    query = """
        select c.relname from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
        where c.relnamespace = 'data'::regnamespace and a.attname = 'merchant_id'
            and c.relkind in ('r', 'p') and not c.relispartition
    """
    tables = [name for (name,) in db.execute(query)]
    assert {"merchants", "transaction_events", "merchant_api_keys", "rate_buckets"} <= set(tables)
    rows = "select array(select t::text from data.{} as t where merchant_id = %s order by 1)"
    return {name: db.execute(rows.format(name), (merchant_id,)).fetchone()[0] for name in tables}


Shop = tuple[UUID, str]


@pytest.fixture
def make_shop(db: Connection, merchant: Callable[..., UUID]) -> Callable[[], Shop]:
    """Makes a merchant with one of everything; returns its id and that of its endpoint."""

    def make() -> Shop:
        shop = merchant()
        endpoint_id, secret = new_endpoint_id(shop), b"\1" * 32
        db.execute("select ops.limit_merchant(%s, 5, 5, 5)", (shop,))
        ingest(db, shop, [sale("one"), sale("two")])
        db.execute("select api.create_api_key(%s, %s, %s)", (shop, KEY_ID, secret))
        db.execute("select api.create_webhook_endpoint(%s, %s, %s)", (shop, endpoint_id, secret))
        db.execute("select api.lease_quota(%s, 'one', 1, 1)", (shop,))
        return shop, endpoint_id

    return make


def test_no_argument_brings_more_than_a_documented_error(
    connect: Callable[..., Connection],
    db: Connection,
    make_shop: Callable[[], Shop],
    drain: Callable[[Connection], None],
    record_property: Callable[[str, object], None],
) -> None:
    db.execute("update ops.settings set value = 5 where name = 'auth_failures_per_minute'")
    bystander, _ = make_shop()
    drain(db)
    before = rows_of(db, bystander)
    # as the service's connections are, so what takes longer is an error here, too
    api = connect("molam_api")
    api.execute("set statement_timeout = '10s'")
    functions, outcomes = functions_of_api(db), Counter[str]()
    for function in functions:
        caller = Caller(api, outcomes, *make_shop())
        call_with_each_odd_value(caller, function)
        call_with_random_values(caller, function)
    assert rows_of(db, bystander) == before
    drain(db)
    check_reconciled(db)
    record_property(f"calls of {len(functions)} functions of api with odd arguments", outcomes.total())
    assert {SUCCESS, "ML404", "ML422", "22021", "22P02"} <= set(outcomes)
