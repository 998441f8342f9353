"""Quota of a caller and wrong credentials of an address, by a clock that the test moves."""

import asyncio
from ipaddress import ip_network

import psycopg
import pytest
from litestar.datastructures import Headers

from app.database import Lease
from app.errors import UNAUTHENTICATED, Problem
from app.limits import AuthFailures, Quota, client_address
from tests.loops import run


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Buckets:
    """What `api.lease_quota` does, for one caller: tested against the real one over HTTP."""

    def __init__(self, clock: Clock, requests: int, events: int, burst: int = 1) -> None:
        self.clock = clock
        self.rates = {"requests": requests, "events": events}
        self.burst = burst
        self.levels = {name: float(rate * burst) for name, rate in self.rates.items()}
        self.filled_at = clock.now
        self.calls: list[tuple[int, ...]] = []
        self.is_away = False

    async def lease(self, requests: int, events: int, more_requests: int, more_events: int) -> Lease:
        await asyncio.sleep(0)
        self.calls.append((requests, events, more_requests, more_events))
        if self.is_away:
            raise psycopg.OperationalError("away")
        passed, self.filled_at = self.clock.now - self.filled_at, self.clock.now
        for name, rate in self.rates.items():
            self.levels[name] = min(rate * self.burst, self.levels[name] + passed * rate)
        needs = {"requests": (requests, more_requests), "events": (events, more_events)}
        is_granted = all(
            not self.rates[name] or self.levels[name] >= min(need, self.rates[name] * self.burst)
            for name, (need, _) in needs.items()
        )
        leased = {"requests": 0, "events": 0}
        for name, (need, more) in needs.items() if is_granted else ():
            left = self.levels[name] - need
            leased[name] = need + max(0, int(min(more, left, max(self.rates[name] / 10, left / 8))))
            self.levels[name] -= leased[name]
        return Lease(
            self.rates["requests"], self.rates["events"], self.burst,
            is_granted, leased["requests"], leased["events"], self.levels["requests"], self.levels["events"],
        )  # fmt: skip


async def attempts(quotas: list[Quota], number: int, *, events: int = 0) -> list[Problem | None]:
    """So many requests at once, shared out among the processes; the problem of each, if any."""
    outcomes = await asyncio.gather(
        *(quotas[n % len(quotas)].take(1, events) for n in range(number)), return_exceptions=True
    )
    assert all(outcome is None or isinstance(outcome, Problem) for outcome in outcomes), outcomes
    return outcomes  # type: ignore[return-value]


def passed(outcomes: list[Problem | None]) -> int:
    return outcomes.count(None)


def test_processes_share_a_limit_and_ask_seldom() -> None:
    """Four processes, 16 requests each 10 ms for 5 s: the burst and five seconds' worth, no more, and not
    less than what four leases may leave unspent."""

    async def steps() -> None:
        clock = Clock()
        buckets = Buckets(clock, requests=200, events=0)
        quotas = [Quota(buckets.lease, clock) for _ in range(4)]
        through = 0
        for _ in range(500):
            through += passed(await attempts(quotas, 16))
            clock.now += 0.01
        assert 200 * 6 - 4 * 25 <= through <= 200 * 6
        # of 8,000 requests: a process asks each 50 ms, and a few times while the burst lasts
        assert len(buckets.calls) < 4 * 5 * 20 + 100

    run(steps())


def test_a_refusal_says_when_and_asks_nothing_meanwhile() -> None:
    async def steps() -> None:
        clock = Clock()
        buckets = Buckets(clock, requests=1, events=0, burst=2)
        quota = Quota(buckets.lease, clock)
        assert passed(await attempts([quota], 2)) == 2
        [problem] = await attempts([quota], 1)
        calls = len(buckets.calls)
        assert problem
        assert problem.kind.status == 429
        assert problem.headers == {
            "Retry-After": "1",
            "RateLimit-Policy": '"requests";q=2;w=2',
            "RateLimit": '"requests";r=0;t=1',
        }
        assert passed(await attempts([quota], 100)) == 0
        assert len(buckets.calls) == calls
        clock.now += 1
        assert passed(await attempts([quota], 2)) == 1

    run(steps())


def test_a_batch_beyond_the_bucket_waits_for_a_full_one_and_leaves_a_debt() -> None:
    async def steps() -> None:
        clock = Clock()
        quota = Quota(Buckets(clock, requests=0, events=100).lease, clock)
        assert passed(await attempts([quota], 1, events=1000)) == 1
        assert quota.headers()["RateLimit"] == '"events";r=0;t=10'
        [problem] = await attempts([quota], 1, events=1)
        assert problem
        # 900 are owed, and one is needed
        assert problem.headers["Retry-After"] == "10"
        # who sends no event is not held up by it
        assert passed(await attempts([quota], 1)) == 1
        clock.now += 9.025
        assert passed(await attempts([quota], 3, events=1)) == 2

    run(steps())


def test_without_a_limit_the_database_is_asked_each_five_seconds() -> None:
    async def steps() -> None:
        clock = Clock()
        buckets = Buckets(clock, requests=0, events=0)
        quota = Quota(buckets.lease, clock)
        for _ in range(10):
            assert passed(await attempts([quota], 50, events=1000)) == 50
        assert len(buckets.calls) == 1
        assert quota.headers() == {}
        buckets.rates["requests"] = 10
        clock.now += 5
        # the bucket is as it was when nothing was limited: empty, and five seconds old
        assert passed(await attempts([quota], 50)) == 10

    run(steps())


def test_a_lease_that_nobody_spends_is_lost() -> None:
    async def steps() -> None:
        clock = Clock()
        buckets = Buckets(clock, requests=1000, events=0)
        quota = Quota(buckets.lease, clock)
        await attempts([quota], 20)
        await attempts([quota], 1)
        calls = len(buckets.calls)
        await attempts([quota], 1)
        assert len(buckets.calls) == calls
        clock.now += 1
        await attempts([quota], 1)
        assert buckets.calls[calls][0] == 1

    run(steps())


def test_all_who_wait_hear_that_the_database_is_away() -> None:
    async def steps() -> None:
        clock = Clock()
        buckets = Buckets(clock, requests=10, events=0)
        buckets.is_away = True
        quota = Quota(buckets.lease, clock)
        outcomes = await asyncio.gather(*(quota.take(1, 0) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(outcome, psycopg.OperationalError) for outcome in outcomes)
        assert len(buckets.calls) == 1
        buckets.is_away = False
        await quota.take(1, 0)

    run(steps())


# --- wrong credentials -------------------------------------------------------------------------------


class Failures:
    """What `api.note_auth_failures` does, with 60 a minute allowed, while the clock stands."""

    def __init__(self) -> None:
        self.limit = 60
        self.counts: dict[str, int] = {}
        self.calls = 0

    async def note(self, address: str, failures: int) -> tuple[int, float]:
        self.calls += 1
        self.counts[address] = self.counts.get(address, 0) + failures
        return self.limit, self.limit - self.counts[address]


async def fail(watch: AuthFailures, address: str, credential: str = "wrong") -> int:
    """The status of the answer to a wrong credential."""
    try:
        async with watch.watch(address, credential):
            raise Problem(UNAUTHENTICATED, "no")
    except Problem as problem:
        await asyncio.sleep(0.001)
        return problem.kind.status


def test_an_address_is_refused_but_not_who_was_admitted_from_it() -> None:
    async def steps() -> None:
        clock = Clock()
        watch = AuthFailures(Failures().note, clock)
        async with watch.watch("198.51.100.1", "right"):
            pass
        statuses = [await fail(watch, "198.51.100.1") for _ in range(62)]
        assert statuses == [401] * 60 + [429] * 2
        async with watch.watch("198.51.100.1", "right"):
            pass
        assert await fail(watch, "198.51.100.2") == 401
        # a credential that is good no more loses that
        assert await fail(watch, "198.51.100.1", "right") == 401
        assert await fail(watch, "198.51.100.1", "right") == 429
        clock.now += 3
        assert await fail(watch, "198.51.100.1") == 401

    run(steps())


def test_nothing_is_counted_without_a_limit() -> None:
    async def steps() -> None:
        failures = Failures()
        failures.limit = 0
        watch = AuthFailures(failures.note, Clock())
        assert {await fail(watch, "198.51.100.1") for _ in range(100)} == {401}
        assert failures.calls == 1

    run(steps())


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.1"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["192.0.2.66, 203.0.113.1, 10.0.0.2"], "203.0.113.1"),
        ("10.0.0.1", ["192.0.2.66", "203.0.113.1"], "203.0.113.1"),
        ("10.0.0.1", ["203.0.113.1, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8::1", [], "2001:db8::/64"),
        ("", ["203.0.113.1"], ""),
    ],
)
def test_where_a_request_comes_from(peer: str, forwarded: list[str], address: str) -> None:
    headers = Headers([(b"x-forwarded-for", value.encode()) for value in forwarded])
    assert client_address(peer, headers, [ip_network("10.0.0.0/8")]) == address


def test_no_header_is_believed_unless_a_proxy_is_trusted() -> None:
    headers = Headers([(b"x-forwarded-for", b"203.0.113.1")])
    assert client_address("10.0.0.1", headers, []) == "10.0.0.1"
