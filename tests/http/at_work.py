"""Who is at work while code is deployed: clients, an analyst, and who watches what they wait for."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conftest import Connection
from tests.http.conftest import Service, Tenant, event
from tests.http.test_protocol import BATCH, SINGLE
from tests.processes import wait_until

ANALYSTS_QUERY_SECONDS = 1.5


@dataclass
class Log:
    """What everybody met."""

    answered: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    # by session and begin of the wait: seconds so far, and who for what
    waits: dict[tuple[int, datetime], tuple[float, str]] = field(default_factory=dict)


class Balancer(httpx.BaseTransport):
    """Takes each request to one of the copies of the service, in turn."""

    def __init__(self, *copies: Service) -> None:
        self._lock = threading.Lock()
        self._copies = list(copies)
        self._under_way: Counter[int] = Counter()
        self._network = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            copy = self._copies.pop(0)
            self._copies.append(copy)
            self._under_way[copy.port] += 1
        try:
            request.url = request.url.copy_with(port=copy.port)
            response = self._network.handle_request(request)
            response.read()
            return response
        finally:
            with self._lock:
                self._under_way[copy.port] -= 1

    def add(self, copy: Service) -> None:
        with self._lock:
            self._copies.append(copy)

    def remove(self, copy: Service) -> None:
        """Afterwards nothing more is sent there, and all that was has been answered."""
        with self._lock:
            self._copies.remove(copy)
        wait_until(lambda: self._under_way[copy.port] == 0, "all answered")

    def client(self, shop: Tenant) -> httpx.Client:
        return httpx.Client(
            base_url="http://127.0.0.1", headers=shop.headers, transport=self, timeout=30, trust_env=False
        )


def call(client: httpx.Client, log: Log, method: str, path: str, content: Any = None) -> dict[str, Any]:
    """The answer of a call, which must succeed."""
    response = client.request(method, path, json=content)
    log.answered.add(path)
    if not response.is_success:
        log.failures.append(f"{response.status_code} {path} {response.text}")
    return response.json()


@dataclass
class Sender:
    """Sends events, late ones too, and remembers which were acknowledged."""

    client: httpx.Client
    log: Log
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def event(self) -> dict[str, Any]:
        at = datetime.now(UTC) - timedelta(days=self.dice.choice([0, 0, 5]))
        number = self.dice.randrange(9)
        more = {"product_id": f"product {number}", "customer_id": f"customer {number}"}
        return event(occurred_at=at.isoformat(), **more)

    def send_one(self) -> None:
        event = self.event()
        if call(self.client, self.log, "POST", SINGLE, event).get("queued"):
            self.log.stored.append(event["transaction_id"])

    def send_many(self) -> None:
        events = [self.event() for _ in range(100)]
        if call(self.client, self.log, "POST", BATCH, events).get("ingested") == len(events):
            self.log.stored += [event["transaction_id"] for event in events]


@dataclass
class Reader:
    """Looks at a shop in which nothing happens: whatever is deployed, the figures stay as they are."""

    client: httpx.Client
    log: Log
    first: dict[str, Any] = field(default_factory=dict)

    def look(self) -> None:
        last = datetime.now(UTC).date() + timedelta(days=1)
        for path in (
            "overview",
            f"analytics?start_date={last - timedelta(days=9)}&end_date={last}",
            "payment-methods?days=30",
            "top-products?days=7",
            "customers",
        ):
            answer = call(self.client, self.log, "GET", f"/api/dashboard/{path}")
            answer.pop("as_of", None)
            answer.pop("today", None)  # its growth goes by the hour
            if answer != self.first.setdefault(path, answer):
                self.log.failures.append(f"{path} was {self.first[path]} and is {answer}")


@dataclass
class Analyst:
    """Asks, one after the other, what takes longer than anybody may be kept waiting."""

    session: Connection

    def study(self) -> None:
        self.session.execute("select count(*) from analytics.hourly_figures")
        self.session.execute("select count(*) from analytics.daily_figures")
        self.session.execute("select pg_sleep(%s)", (ANALYSTS_QUERY_SECONDS,))
        self.session.commit()


@dataclass
class Monitor:
    """Notes who waits for a lock, and for how long."""

    session: Connection
    log: Log

    def watch(self) -> None:
        rows = self.session.execute(
            """
            select l.pid, l.waitstart, extract(epoch from clock_timestamp() - l.waitstart)::float8,
                concat_ws(' ', a.application_name, l.locktype, l.relation::regclass, l.mode, a.query)
            from pg_locks as l inner join pg_stat_activity as a using (pid)
            where l.waitstart is not null and a.datname = current_database()
            """
        )
        for pid, since, seconds, what in rows:
            self.log.waits[pid, since] = (seconds, what)
        time.sleep(0.02)
