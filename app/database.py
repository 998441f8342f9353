"""Every call of the `api` schema: the service holds no other SQL.

JSON goes in and comes out as bytes; nothing here reads it.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Json

from app.connections import Primary, Replica
from app.reports import Report, Reports
from app.settings import Settings, SettingsError

# The last days, or the first and the last one of a range; `models.PeriodQuery.period`.
Period = tuple[int | None, date | None, date | None]
# In the place of an answer for which a router found the merchant's server away.
_AWAY = psycopg.errors.ConnectionFailure("the merchant's server is away")
_SINGLE_ANSWERS = msgspec.json.Decoder(dict[UUID, list[tuple[str, msgspec.Raw]]])
# The merchant, the period, how many, the currency.
Ranking = tuple[UUID, *Period, int, str | None]


class Merchant(NamedTuple):
    """A tenant, as `api.get_merchant` tells it."""

    name: str
    status: str
    default_currency: str
    timezone: str


class StoredKey(NamedTuple):
    """An API key, as `api.find_api_key` tells it."""

    secret_sha256: bytes
    scopes: list[str]
    is_live: bool
    expires_at: datetime | None
    merchant_status: str


class StoredEndpoint(NamedTuple):
    """A webhook endpoint, as `api.find_webhook_endpoint` tells it: its live secrets themselves."""

    secrets: list[bytes]
    merchant_status: str


class Lease(NamedTuple):
    """What `api.lease_quota` says: the limits in force (0: none), what was leased, and what is left."""

    requests_per_second: int
    events_per_second: int
    burst_seconds: int
    is_granted: bool
    requests: int
    events: int
    requests_left: float
    events_left: float


class Database:
    """All that the service asks of PostgreSQL.

    Every call may raise psycopg.Error; `app.errors` says what each means to a client.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.database_url is None:
            raise SettingsError(
                "the service needs MOLAM_DATABASE_URL; `molam serve` brings a server of its own"
            )
        self._primary = Primary(settings.database_url, settings, settings.pool_timeout_seconds)
        self._reports = Reports(settings.database_url, settings)
        self._replica = Replica(settings.read_database_url, settings) if settings.read_database_url else None

    async def open(self) -> None:
        """Starts connecting in the background: the service starts also while the database is away."""
        await self._primary.open()
        await self._reports.open()
        if self._replica:
            await self._replica.open()

    async def close(self) -> None:
        """Closes the connections."""
        await self._reports.close()
        await self._primary.close()
        if self._replica:
            await self._replica.close()

    def pop_pool_stats(self) -> dict[str, dict[str, int]]:
        """How the pools of `primary` and `replica` are, and what they have counted since the last call."""
        stats = {"primary": self._primary.pop_stats()}
        if self._replica:
            stats["replica"] = self._replica.pop_stats()
        return stats

    async def ingest_single_events(
        self, batches: Sequence[tuple[UUID, Sequence[bytes]]]
    ) -> list[tuple[str, bytes] | psycopg.Error]:
        """Stores events that came one by one, together; each merchant's are given once.

        Returns for each event, in their order, its outcome, and the answer or what is wrong with it; an error
        when of several servers the merchant's is away.
        """
        query = (
            "select unnest(api.ingest_single_events_agg(b.merchant_id, b.events))"
            " from unnest(%b::uuid[], %b::json[]) as b (merchant_id, events)"
        )
        merchants = [merchant_id for merchant_id, _ in batches]
        arrays = [Json(b"[" + b",".join(events) + b"]") for _, events in batches]
        rows = await self._call_for_rows(query, merchants, arrays)
        answers: dict[UUID, list[tuple[str, msgspec.Raw]]] = {}
        for (part,) in rows:
            answers |= _SINGLE_ANSWERS.decode(part)
        return [
            _AWAY if outcome == "unavailable" else (outcome, bytes(body))
            for merchant_id in merchants
            for outcome, body in answers[merchant_id]
        ]

    async def ingest_events(self, merchant_id: UUID, events: bytes, is_lenient: bool) -> tuple[bool, bytes]:
        """Stores a batch; returns whether it was stored and the answer, or what is wrong with it."""
        query = "select is_stored, body from api.ingest_events(%s, %s, %s)"
        return await self._call(query, merchant_id, Json(events), is_lenient)

    async def dashboard_overview(
        self, questions: Sequence[tuple[UUID, str | None]]
    ) -> list[bytes | psycopg.Error]:
        """Today's and this month's figures of each merchant, in a currency."""
        query = (
            "select api.dashboard_overview(q.merchant_id, q.currency)"
            " from unnest(%b::uuid[], %s::text[]) with ordinality as q (merchant_id, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def dashboard_analytics(
        self, questions: Sequence[tuple[UUID, date, date, str, str | None]]
    ) -> list[bytes | psycopg.Error]:
        """Figures of each merchant per local day or hour: the first and the last day, which, the currency."""
        query = (
            "select api.dashboard_analytics(q.merchant_id, q.first, q.last, q.granularity, q.currency)"
            " from unnest(%b::uuid[], %s::date[], %s::date[], %s::text[], %s::text[])"
            " with ordinality as q (merchant_id, first, last, granularity, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def dashboard_payment_methods(
        self, questions: Sequence[tuple[UUID, *Period, str | None]]
    ) -> list[bytes | psycopg.Error]:
        """Figures of each merchant per payment method: the period, the currency."""
        query = (
            "select api.dashboard_payment_methods(q.merchant_id, p_days => q.days, p_start_date => q.first,"
            " p_end_date => q.last, p_currency => q.currency)"
            " from unnest(%b::uuid[], %s::integer[], %s::date[], %s::date[], %s::text[])"
            " with ordinality as q (merchant_id, days, first, last, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def dashboard_top_products(self, questions: Sequence[Ranking]) -> list[bytes | psycopg.Error]:
        """The products of each merchant that sold most."""
        query = (
            "select api.dashboard_top_products(q.merchant_id, p_days => q.days, p_start_date => q.first,"
            " p_end_date => q.last, p_limit => q.rows, p_currency => q.currency)"
            " from unnest(%b::uuid[], %s::integer[], %s::date[], %s::date[], %s::integer[], %s::text[])"
            " with ordinality as q (merchant_id, days, first, last, rows, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def dashboard_failures(self, questions: Sequence[Ranking]) -> list[bytes | psycopg.Error]:
        """Why payments of each merchant failed."""
        query = (
            "select api.dashboard_failures(q.merchant_id, p_days => q.days, p_start_date => q.first,"
            " p_end_date => q.last, p_limit => q.rows, p_currency => q.currency)"
            " from unnest(%b::uuid[], %s::integer[], %s::date[], %s::date[], %s::integer[], %s::text[])"
            " with ordinality as q (merchant_id, days, first, last, rows, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def dashboard_customers(
        self, questions: Sequence[tuple[UUID, int, str | None]]
    ) -> list[bytes | psycopg.Error]:
        """The customers of each merchant who spent most: so many, in a currency."""
        query = (
            "select api.dashboard_customers(q.merchant_id, q.rows, q.currency)"
            " from unnest(%b::uuid[], %s::integer[], %s::text[])"
            " with ordinality as q (merchant_id, rows, currency, number)"
            " order by q.number"
        )
        return await self._read_each(query, questions)

    async def list_transactions(
        self,
        merchant_id: UUID,
        limit: int,
        starting_after: str | None,
        ending_before: str | None,
        *filters: str | None,
    ) -> bytes:
        """A page of the transactions that have what the filters of `models.TransactionFilters` say."""
        query = "select api.list_transactions(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        return await self._read_json(query, merchant_id, limit, starting_after, ending_before, *filters)

    async def get_transaction(self, merchant_id: UUID, transaction_id: str) -> bytes | None:
        """The transaction with its events; None when there is none."""
        return await self._read_json("select api.get_transaction(%s, %s)", merchant_id, transaction_id)

    def report_analytics(
        self, merchant_id: UUID, start_date: date, end_date: date, granularity: str, currency: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """Figures per local day or hour, to be read while the context lasts, as every report."""
        query = "select file_name, header, lines from api.report_analytics(%s, %s, %s, %s, %s)"
        return self._reports.read(query, merchant_id, start_date, end_date, granularity, currency)

    def report_payment_methods(
        self, merchant_id: UUID, period: Period, currency: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """Figures per payment method."""
        query = (
            "select file_name, header, lines from api.report_payment_methods("
            "%s, p_days => %s, p_start_date => %s, p_end_date => %s, p_currency => %s)"
        )
        return self._reports.read(query, merchant_id, *period, currency)

    def report_top_products(
        self, merchant_id: UUID, period: Period, limit: int, currency: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """The products that sold most."""
        query = (
            "select file_name, header, lines from api.report_top_products("
            "%s, p_days => %s, p_start_date => %s, p_end_date => %s, p_limit => %s, p_currency => %s)"
        )
        return self._reports.read(query, merchant_id, *period, limit, currency)

    def report_failures(
        self, merchant_id: UUID, period: Period, limit: int, currency: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """Why payments failed."""
        query = (
            "select file_name, header, lines from api.report_failures("
            "%s, p_days => %s, p_start_date => %s, p_end_date => %s, p_limit => %s, p_currency => %s)"
        )
        return self._reports.read(query, merchant_id, *period, limit, currency)

    def report_customers(
        self, merchant_id: UUID, limit: int, currency: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """The customers who spent most."""
        query = "select file_name, header, lines from api.report_customers(%s, %s, %s)"
        return self._reports.read(query, merchant_id, limit, currency)

    def report_transactions(
        self, merchant_id: UUID, *filters: str | None
    ) -> AbstractAsyncContextManager[Report]:
        """All transactions that have what the filters of `models.TransactionFilters` say."""
        query = (
            "select file_name, header, lines from api.report_transactions(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        )
        return self._reports.read(query, merchant_id, *filters)

    async def get_merchant(self, merchant_id: UUID) -> Merchant | None:
        """The merchant, or None when there is none."""
        query = "select name, status, default_currency, timezone from api.get_merchant(%s)"
        row = await self._call(query, merchant_id)
        return Merchant(*row) if row else None

    async def find_api_key(self, merchant_id: UUID, key_id: str) -> StoredKey | None:
        """The key as stored, or None when there is none."""
        query = (
            "select secret_sha256, scopes, is_live, expires_at, merchant_status from api.find_api_key(%s, %s)"
        )
        row = await self._call(query, merchant_id, key_id)
        return StoredKey(*row) if row else None

    async def touch_api_key(self, merchant_id: UUID, key_id: str) -> None:
        """Notes that the key was used."""
        await self._call("select api.touch_api_key(%s, %s)", merchant_id, key_id)

    async def figures_version(self, merchant_id: UUID) -> bytes:
        """Which figures of the merchant are in force."""
        return await self._call_for_json("select api.figures_version(%s)", merchant_id)

    async def echo(self, token: str) -> None:
        """Makes every listening connection hear the token."""
        await self._call("select api.echo(%s)", token)

    async def describe_merchant(self, merchant_id: UUID) -> bytes:
        """The merchant, and the currencies in which it has figures."""
        return await self._call_for_json("select api.describe_merchant(%s)", merchant_id)

    async def create_api_key(
        self,
        merchant_id: UUID,
        key_id: str,
        secret_sha256: bytes,
        scopes: list[str],
        name: str,
        expires_at: datetime | None,
        subject: str,
    ) -> bytes:
        """Stores a new key for the person `subject`; returns it as people see it."""
        query = "select api.create_api_key(%s, %s, %s, %s, %s, %s, %s)"
        return await self._call_for_json(
            query, merchant_id, key_id, secret_sha256, scopes, name, expires_at, subject
        )

    async def rotate_api_key(
        self,
        merchant_id: UUID,
        key_id: str,
        new_key_id: str,
        secret_sha256: bytes,
        overlap_seconds: int,
        expires_at: datetime | None,
        subject: str,
    ) -> bytes | None:
        """Stores a key in place of this one, which lives on for the overlap; None when there is none."""
        query = "select api.rotate_api_key(%s, %s, %s, %s, %s, %s, %s)"
        return await self._call_for_json(
            query, merchant_id, key_id, new_key_id, secret_sha256, overlap_seconds, expires_at, subject
        )

    async def revoke_api_key(self, merchant_id: UUID, key_id: str, subject: str) -> bytes | None:
        """Ends the key; None when there is no such key."""
        return await self._call_for_json(
            "select api.revoke_api_key(%s, %s, %s)", merchant_id, key_id, subject
        )

    async def get_api_key(self, merchant_id: UUID, key_id: str) -> bytes | None:
        """The key as people see it; None when there is no such key."""
        return await self._call_for_json("select api.get_api_key(%s, %s)", merchant_id, key_id)

    async def list_api_keys(self, merchant_id: UUID, limit: int, starting_after: str | None) -> bytes:
        """A page of the merchant's keys."""
        query = "select api.list_api_keys(%s, %s, %s)"
        return await self._call_for_json(query, merchant_id, limit, starting_after)

    async def api_key_audit(self, merchant_id: UUID, key_id: str) -> bytes | None:
        """Who did what to the key; None when there was never such a key."""
        return await self._call_for_json("select api.api_key_audit(%s, %s)", merchant_id, key_id)

    async def find_webhook_endpoint(self, merchant_id: UUID, endpoint_id: str) -> StoredEndpoint | None:
        """The endpoint's live secrets, or None when it is unknown or disabled."""
        query = "select secrets, merchant_status from api.find_webhook_endpoint(%s, %s)"
        row = await self._call(query, merchant_id, endpoint_id)
        return StoredEndpoint(*row) if row else None

    async def touch_webhook_endpoint(self, merchant_id: UUID, endpoint_id: str) -> None:
        """Notes that a webhook with a right signature came."""
        await self._call("select api.touch_webhook_endpoint(%s, %s)", merchant_id, endpoint_id)

    async def create_webhook_endpoint(
        self, merchant_id: UUID, endpoint_id: str, secret: bytes, description: str, subject: str
    ) -> bytes:
        """Stores a new endpoint for the person `subject`; returns it as people see it."""
        query = "select api.create_webhook_endpoint(%s, %s, %s, %s, %s)"
        return await self._call_for_json(query, merchant_id, endpoint_id, secret, description, subject)

    async def rotate_webhook_secret(
        self, merchant_id: UUID, endpoint_id: str, secret: bytes, overlap_seconds: int, subject: str
    ) -> bytes | None:
        """Gives the endpoint another secret; None when there is no such endpoint."""
        query = "select api.rotate_webhook_secret(%s, %s, %s, %s, %s)"
        return await self._call_for_json(query, merchant_id, endpoint_id, secret, overlap_seconds, subject)

    async def disable_webhook_endpoint(
        self, merchant_id: UUID, endpoint_id: str, subject: str
    ) -> bytes | None:
        """Ends the endpoint for good; None when there is no such endpoint."""
        query = "select api.disable_webhook_endpoint(%s, %s, %s)"
        return await self._call_for_json(query, merchant_id, endpoint_id, subject)

    async def get_webhook_endpoint(self, merchant_id: UUID, endpoint_id: str) -> bytes | None:
        """The endpoint as people see it; None when there is no such endpoint."""
        return await self._call_for_json("select api.get_webhook_endpoint(%s, %s)", merchant_id, endpoint_id)

    async def list_webhook_endpoints(
        self, merchant_id: UUID, limit: int, starting_after: str | None
    ) -> bytes:
        """A page of the merchant's endpoints."""
        query = "select api.list_webhook_endpoints(%s, %s, %s)"
        return await self._call_for_json(query, merchant_id, limit, starting_after)

    async def webhook_endpoint_audit(self, merchant_id: UUID, endpoint_id: str) -> bytes | None:
        """Who did what to the endpoint; None when there was never such an endpoint."""
        return await self._call_for_json(
            "select api.webhook_endpoint_audit(%s, %s)", merchant_id, endpoint_id
        )

    async def lease_quota(
        self, merchant_id: UUID, caller: str, requests: int, events: int, more_requests: int, more_events: int
    ) -> Lease:
        """Takes what a caller needs now, and some of what it will need next, out of its buckets."""
        query = (
            "select requests_per_second, events_per_second, burst_seconds, is_granted, requests, events, "
            "requests_left, events_left from api.lease_quota(%s, %s, %s, %s, %s, %s)"
        )
        return Lease(
            *await self._call(query, merchant_id, caller, requests, events, more_requests, more_events)
        )

    async def note_auth_failures(self, address: str, failures: int) -> tuple[int, float]:
        """Counts wrong credentials; returns how many are allowed in a minute (0: no limit), and still now."""
        query = "select failures_per_minute, allowance from api.note_auth_failures(%s, %s)"
        return await self._call(query, address, failures)

    async def service_status(self) -> bytes:
        """How the schema and the rollup are."""
        return await self._call_for_json("select api.service_status()")

    async def _read_each(
        self, query: LiteralString, questions: Sequence[tuple[object, ...]]
    ) -> list[bytes | psycopg.Error]:
        """The answers in the order of the questions; of the replica when there is one that has them.

        In the place of one is an error when of several servers the merchant's is away.
        """
        arguments = tuple([*values] for values in zip(*questions, strict=True))
        rows = await self._replica.fetch(query, arguments) if self._replica else []
        return [row[0] or _AWAY for row in rows or await self._primary.fetch(query, arguments)]

    async def _read_json(self, query: LiteralString, *arguments: object) -> Any:
        """As `_call_for_json`, of the replica when there is one that has an answer."""
        rows = await self._replica.fetch(query, arguments) if self._replica else []
        if rows and rows[0][0] is not None:
            return rows[0][0]
        return await self._call_for_json(query, *arguments)

    async def _call_for_json(self, query: LiteralString, *arguments: object) -> Any:
        return (await self._call(query, *arguments))[0]

    async def _call(self, query: LiteralString, *arguments: object) -> Any:
        """The first row, or None."""
        rows = await self._call_for_rows(query, *arguments)
        return rows[0] if rows else None

    async def _call_for_rows(self, query: LiteralString, *arguments: object) -> list[Any]:
        return await self._primary.fetch(query, arguments)
