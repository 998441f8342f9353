"""Rate limits: requests and events of each caller, wrong credentials of each address.

The buckets are in PostgreSQL, so a limit holds over all processes together. A process leases some of a
caller's quota and spends it by itself, so that most requests ask nothing of the database.
"""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from types import TracebackType
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

import psycopg
import structlog
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.types import Scope

from app.database import Database, Lease
from app.errors import TOO_MANY_REQUESTS, UNAUTHENTICATED, Problem
from app.recent import Recent
from app.settings import Network

_AnyConnection = ASGIConnection[Any, Any, Any, Any]

_log = structlog.get_logger()

# Quota that was leased is spent within this time, or it is lost.
_LEASE_SECONDS = 1.0
# What the database said about limits is believed for this long, so that a change is soon in force.
_NEWS_SECONDS = 5.0
# An empty bucket is left to fill for so long, rather than being asked for grain by grain.
_PAUSE_SECONDS = 0.05
# Demand is measured over no less than this.
_LEAST_SECONDS = 0.1
# Callers and addresses that a process remembers; those not seen for longest are forgotten.
_MAX_REMEMBERED = 10_000

Clock = Callable[[], float]


class Policy(NamedTuple):
    """A limit as clients are told it: a bucket of `quota` units that fills in `seconds`."""

    name: Literal["requests", "events", "auth-failures"]
    quota: int
    seconds: int

    @property
    def rate(self) -> float:
        """Units that come back in a second."""
        return self.quota / self.seconds


class Standing(NamedTuple):
    """How a client stands against a limit; `seconds` until the bucket is full, or until a refusal ends."""

    policy: Policy
    remaining: int
    seconds: int


def rate_limit_headers(standings: Sequence[Standing]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit`, as the IETF's httpapi group drafts them."""
    if not standings:
        return {}
    return {
        "RateLimit-Policy": ", ".join(
            f'"{s.policy.name}";q={s.policy.quota};w={s.policy.seconds}' for s in standings
        ),
        "RateLimit": ", ".join(f'"{s.policy.name}";r={s.remaining};t={s.seconds}' for s in standings),
    }


# --- requests and events of a caller -----------------------------------------------------------------


class _Bucket:
    """One limit of a caller as this process knows it: what it has leased, and what may be left."""

    def __init__(self, name: Literal["requests", "events"]) -> None:
        self.name: Literal["requests", "events"] = name
        self._policy: Policy | None = None
        self._left = 0.0
        self._left_at = 0.0
        self._paused_until = -math.inf
        self.leased = 0
        self.demand = 0

    @property
    def is_limited(self) -> bool:
        return self._policy is not None

    def note(self, asked_at: float, per_second: int, burst_seconds: int, leased: int, left: float) -> None:
        """Takes in what the database said."""
        self._policy = Policy(self.name, per_second * burst_seconds, burst_seconds) if per_second else None
        self.leased += leased
        self._left, self._left_at = left, asked_at

    def pause(self, now: float, units: int) -> None:
        """After an answer that left too little for a next question: lets more gather."""
        if self._policy and min(max(1, self.need(units)), self._policy.quota) > self._left:
            self._paused_until = now + _PAUSE_SECONDS

    def covers(self, units: int) -> bool:
        return self._policy is None or units <= self.leased

    def spend(self, units: int) -> None:
        if self._policy:
            self.leased -= units

    def need(self, units: int) -> int:
        """What has to be leased before so many units can be spent."""
        return max(0, units - self.leased)

    def take_wish(self, seconds: float, units: int) -> int:
        """What to lease beside the need: as much as was asked for lately, and count anew."""
        expected = min(1_000_000, int(self.demand / seconds * _LEASE_SECONDS))
        self.demand = 0
        return max(0, expected - max(units, self.leased))

    def wait(self, now: float, units: int) -> float:
        """Seconds until so many units can be there at the earliest; other callers only take away."""
        if self._policy is None or self.covers(units):
            return 0.0
        # a batch larger than the bucket needs a full one
        missing = min(self.need(units), self._policy.quota) - self._held(self._policy, now)
        return max(0.0, missing / self._policy.rate, self._paused_until - now)

    def standing(self, now: float) -> Standing | None:
        if self._policy is None:
            return None
        level = min(self._policy.quota, self.leased + self._held(self._policy, now))
        seconds = math.ceil((self._policy.quota - level) / self._policy.rate)
        return Standing(self._policy, max(0, int(level)), seconds)

    def _held(self, policy: Policy, now: float) -> float:
        return min(policy.quota, self._left + (now - self._left_at) * policy.rate)


Ask = Callable[[int, int, int, int], Awaitable[Lease]]


class Quota:
    """What one caller may still do, as this process knows it.

    Parameters: `ask` leases from the database (needs, then wishes); `clock` counts seconds.
    """

    def __init__(self, ask: Ask, clock: Clock = monotonic) -> None:
        self._ask_database = ask
        self._clock = clock
        self._requests = _Bucket("requests")
        self._events = _Bucket("events")
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = -math.inf

    async def take(self, requests: int, events: int) -> None:
        """Spends quota. Errors: Problem 429; psycopg.Error when the database cannot be asked."""
        self._requests.demand += requests
        self._events.demand += events
        while not self._spend(requests, events):
            # one question at a time: its answer may do for all who wait for it, and so does its failure
            if self._asking is None:
                self._refuse_early(requests, events)
                self._asking = asyncio.create_task(self._ask(requests, events))
                if await asyncio.shield(self._asking):
                    return
            else:
                await asyncio.shield(self._asking)

    def headers(self) -> dict[str, str]:
        """What the caller is told; nothing when it is not limited."""
        now = self._clock()
        return rate_limit_headers(
            [s for s in (self._requests.standing(now), self._events.standing(now)) if s]
        )

    def _spend(self, requests: int, events: int) -> bool:
        is_limited = self._requests.is_limited or self._events.is_limited
        if self._clock() >= self._asked_at + (_LEASE_SECONDS if is_limited else _NEWS_SECONDS):
            self._requests.leased = self._events.leased = 0
            return False
        if not (self._requests.covers(requests) and self._events.covers(events)):
            return False
        self._requests.spend(requests)
        self._events.spend(events)
        return True

    def _refuse_early(self, requests: int, events: int) -> None:
        """Refuses where asking the database would be of no use."""
        now = self._clock()
        if now >= self._asked_at + _NEWS_SECONDS:
            return
        wait, bucket = max(
            (
                (bucket.wait(now, units), bucket)
                for bucket, units in ((self._requests, requests), (self._events, events))
            ),
            key=lambda pair: pair[0],
        )
        if wait > 0 and (standing := bucket.standing(now)):
            raise _too_many(f"The limit of {bucket.name} is used up; try again later.", standing, wait)

    async def _ask(self, requests: int, events: int) -> bool:
        """Leases quota and spends of it what was asked for, if that is granted."""
        try:
            asked_at = self._clock()
            seconds = min(max(asked_at - self._asked_at, _LEAST_SECONDS), _LEASE_SECONDS)
            lease = await self._ask_database(
                self._requests.need(requests),
                self._events.need(events),
                self._requests.take_wish(seconds, requests),
                self._events.take_wish(seconds, events),
            )
        finally:
            self._asking = None
        # from before the question, so that a lease is never spent later than promised
        self._asked_at = asked_at
        burst = lease.burst_seconds
        self._requests.note(asked_at, lease.requests_per_second, burst, lease.requests, lease.requests_left)
        self._events.note(asked_at, lease.events_per_second, burst, lease.events, lease.events_left)
        if lease.is_granted:
            self._requests.spend(requests)
            self._events.spend(events)
            requests = events = 0
        self._requests.pause(self._clock(), requests)
        self._events.pause(self._clock(), events)
        return lease.is_granted


# --- wrong credentials of an address -----------------------------------------------------------------


class AuthFailures:
    """Which addresses have to wait because wrong credentials keep coming from there.

    Failures are counted behind the answer: a refusal neither waits for the database nor needs it.
    Parameters: `note` counts failures in the database; `clock` counts seconds.
    """

    def __init__(
        self, note: Callable[[str, int], Awaitable[tuple[int, float]]], clock: Clock = monotonic
    ) -> None:
        self._note_in_database = note
        self._clock = clock
        self._blocked = Recent[str, tuple[float, Policy]](_MAX_REMEMBERED)
        self._admitted = Recent[bytes, bool](_MAX_REMEMBERED)
        self._pending: dict[str, int] = {}
        self._noting: asyncio.Task[None] | None = None
        self._off_until = -math.inf

    def watch(self, address: str, credential: str) -> "_Watch":
        """Around the check of a credential that came from the address.

        What was admitted from there before is still heard, so that a neighbour's wrong key shuts nobody out.
        Errors: Problem 429.
        """
        return _Watch(self, address, hashlib.sha256(f"{address} {credential}".encode()).digest())

    def check(self, address: str, digest: bytes) -> None:
        """Refuses a credential that was not admitted before, from an address that has to wait."""
        until, policy = self._blocked.get(address) or (-math.inf, None)
        wait = until - self._clock()
        if policy and wait > 0 and not self._admitted.get(digest):
            detail = "Too many wrong credentials came from this address; try again later."
            raise _too_many(detail, Standing(policy, 0, 0), wait)

    def note(self, address: str, digest: bytes, error: BaseException | None) -> None:
        """Notes how the check of a credential went."""
        if error is None:
            self._admitted.remember(digest, True)
        elif isinstance(error, Problem) and error.kind is UNAUTHENTICATED:
            self._admitted.forget(digest)
            self._count(address)

    def _count(self, address: str) -> None:
        is_room = address in self._pending or len(self._pending) < _MAX_REMEMBERED
        if self._clock() < self._off_until or not is_room:
            return
        self._pending[address] = self._pending.get(address, 0) + 1
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note())

    async def _note(self) -> None:
        while self._pending:
            address, failures = self._pending.popitem()
            try:
                per_minute, allowance = await self._note_in_database(address, failures)
            except psycopg.Error as error:
                _log.warning("cannot count wrong credentials", error=repr(error))
                self._pending.clear()
                return
            if not per_minute:
                self._off_until = self._clock() + _NEWS_SECONDS
                self._pending.clear()
            elif allowance < 1:
                policy = Policy("auth-failures", per_minute, 60)
                until = self._clock() + (1 - allowance) / policy.rate
                self._blocked.remember(address, (until, policy))


class _Watch:
    """Around the check of a credential; a class, for it is entered at every request and cheaper so."""

    def __init__(self, failures: AuthFailures, address: str, digest: bytes) -> None:
        self._failures = failures
        self._address = address
        self._digest = digest

    async def __aenter__(self) -> None:
        self._failures.check(self._address, self._digest)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._failures.note(self._address, self._digest, error)


def client_address(peer: str, headers: Headers, trusted: Sequence[Network]) -> str:
    """Where a request comes from: an IPv4 address, or the /64 network of an IPv6 address.

    Behind trusted proxies it is the last address in X-Forwarded-For that is not one of theirs. A peer that
    has no address, as on a Unix socket, is itself.
    """
    if not trusted:
        return _name_of(peer)
    hops = ",".join(headers.getall("x-forwarded-for", [])).split(",")
    address = _ip(peer)
    while address and hops and any(address in network for network in trusted):
        hop = _ip(hops.pop().strip())
        if hop is None:
            break
        address = hop
    return _name(address) if address else peer


@lru_cache(maxsize=_MAX_REMEMBERED)
def _name_of(peer: str) -> str:
    address = _ip(peer)
    return _name(address) if address else peer


def _name(address: IPv4Address | IPv6Address) -> str:
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


@lru_cache(maxsize=_MAX_REMEMBERED)
def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


# --- for the service ---------------------------------------------------------------------------------


class _Caller(Protocol):
    """What limits need to know of who calls."""

    @property
    def merchant_id(self) -> UUID: ...

    @property
    def limited_as(self) -> str: ...


class Limiter:
    """The limits of all callers and addresses, in one process of the service."""

    def __init__(self, database: Database, trusted_proxies: Sequence[Network] = ()) -> None:
        self._database = database
        self._trusted_proxies = trusted_proxies
        self._quotas = Recent[tuple[UUID, str], Quota](_MAX_REMEMBERED)
        self.failures = AuthFailures(database.note_auth_failures)

    def quota(self, caller: _Caller) -> Quota:
        """The caller's quota."""
        key = (caller.merchant_id, caller.limited_as)
        quota = self._quotas.get(key)
        if quota is None:
            quota = Quota(partial(self._database.lease_quota, *key))
            self._quotas.remember(key, quota)
        return quota

    def address(self, connection: _AnyConnection) -> str:
        """Where the request comes from."""
        peer = connection.client.host if connection.client else ""
        return client_address(peer, connection.headers, self._trusted_proxies)


async def charge(connection: _AnyConnection, *, requests: int = 0, events: int = 0) -> None:
    """Takes from the quota of who calls, and has the answer tell what is left. Errors: Problem 429."""
    state = connection.scope["state"]
    quota: Quota | None = state.pop("rate_limit", None)
    if quota is None:
        limiter: Limiter = connection.app.state.limiter
        quota = limiter.quota(connection.user)
    await quota.take(requests, events)
    state["rate_limit"] = quota


def watch_credential(connection: _AnyConnection, credential: str) -> AbstractAsyncContextManager[None]:
    """Around the check of a credential: counts wrong ones by address. Errors: Problem 429."""
    limiter: Limiter = connection.app.state.limiter
    return limiter.failures.watch(limiter.address(connection), credential)


def quota_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What an answer tells of the quota that was charged for it."""
    quota: Quota | None = scope["state"].get("rate_limit")
    if quota is None:
        return []
    return [(name.lower().encode(), value.encode()) for name, value in quota.headers().items()]


def _too_many(detail: str, standing: Standing, wait: float) -> Problem:
    retry_after = max(1, math.ceil(wait))
    # never a later time than Retry-After's
    standing = standing._replace(seconds=retry_after)
    headers = {"Retry-After": str(retry_after), **rate_limit_headers([standing])}
    return Problem(TOO_MANY_REQUESTS, detail, headers=headers)
