"""Clients at work: they send, repeat until they are answered, and write down what they were told."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import httpx

from tests.db.ingestion import outcomes
from tests.faults.ledger import SPOILED, Ledger, new_event
from tests.http.test_protocol import BATCH, SINGLE
from tests.oracle import Json, Outcome, differing_fields, identity, invalid_fields

CLIENTS = 4
BATCH_SIZE = 12
LENIENT = {"Prefer": "handling=lenient"}
ANSWER_SECONDS = 4.0
# After a fault what is expected happens within this time, or the system has not recovered by itself.
PATIENCE_SECONDS = 90.0


class Load:
    """Clients of one schedule, and the ledgers that they keep.

    Parameters: `url`, of the service; `ledgers`, one a merchant; `seed`, of all that they choose;
    `longest_pause`, of a client between two requests.
    """

    def __init__(self, url: str, ledgers: list[Ledger], seed: str, longest_pause: float = 0.06) -> None:
        self.ledgers = ledgers
        self.seed = seed
        # of the server's clock before ours
        self.clock_ahead = timedelta()
        self.longest_pause = longest_pause
        self._url = url
        self._is_over = threading.Event()
        self._ends_at = float("inf")
        self._clients: list[Client] = []
        self._futures: list[Future[None]] = []

    @contextmanager
    def at_work(self, clients: int = CLIENTS) -> Iterator["Load"]:
        """In the end every request that was begun has been answered for good."""
        self._clients = [Client(self, number) for number in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            self._futures = [pool.submit(client.work) for client in self._clients]
            try:
                yield self
            finally:
                self.end()
        for future in self._futures:
            future.result()
        for ledger in self.ledgers:
            ledger.check_contests()

    def end(self) -> None:
        """Clients begin nothing any more, and have some time to get their last answers."""
        self._ends_at = time.monotonic() + PATIENCE_SECONDS
        self._is_over.set()

    def serve_once(self, ledgers: list[Ledger]) -> None:
        """Whatever else is away, a client beside the others is answered for each of these merchants."""
        load = Load(self.url, ledgers, f"{self.seed} beside")
        load.end()
        client = Client(load, CLIENTS)
        for ledger in ledgers:
            client.send_one(ledger)
            client.look(ledger)

    def await_more(self, requests: int) -> None:
        """Waits until the clients have been answered so many times more."""
        goal = self.answered + requests
        self.wait_until(lambda: self.answered >= goal)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits for something, as long as every client is at work; AssertionError when it takes too long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition() and not any(future.done() for future in self._futures):
            assert time.monotonic() < deadline, f"{self.answered} answers, refusals: {dict(self.refusals)}"
            time.sleep(0.02)

    @property
    def answered(self) -> int:
        return sum(client.answered for client in self._clients)

    @property
    def refusals(self) -> Counter[int]:
        """How often clients were asked to come back later, by status."""
        return sum((client.refusals for client in self._clients), Counter())

    @property
    def acknowledged(self) -> int:
        """Events, of all merchants."""
        return sum(len(ledger.accepted()) for ledger in self.ledgers)

    @property
    def url(self) -> str:
        return self._url

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    def has_patience(self) -> bool:
        return time.monotonic() < self._ends_at


class Client:
    """One client: its requests go one after the other, chosen by its own dice."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._number = number
        self._dice = Random(f"{load.seed} client {number}")
        self._names = count()
        self._http = httpx.Client(base_url=load.url, verify=False, timeout=ANSWER_SECONDS)
        self.answered = 0
        # answers that asked to come back later, by their status
        self.refusals: Counter[int] = Counter()

    def work(self) -> None:
        kinds = [self.send_one] * 4 + [self.send_strict, self.send_lenient] * 3 + [self.look] * 2
        with self._http:
            while not self._load.is_over:
                self._dice.choice(kinds)(self._dice.choice(self._load.ledgers))
                time.sleep(self._dice.uniform(0, self._load.longest_pause))

    # --- what it does ----------------------------------------------------------------------------

    def send_one(self, ledger: Ledger) -> None:
        known = ledger.accepted()
        event = self._some_event(ledger, known)
        response = self._ask("POST", SINGLE, ledger, event)
        if response.status_code in (200, 202):
            answer = response.json()
            assert answer["duplicate"] == (response.status_code == 200), answer
            outcome = Outcome("duplicate" if answer["duplicate"] else "ingested")
            self._check(event, outcome, known)
            ledger.note(event, outcome, known, answer["event_id"])
        elif response.status_code == 409:
            ledger.note(event, Outcome("conflict"), known)
        else:
            assert response.status_code == 422, response.text
            pointers = {error["pointer"].removeprefix("/") for error in response.json()["errors"]}
            self._check(event, Outcome("rejected", frozenset(pointers)), known)

    def send_strict(self, ledger: Ledger) -> None:
        self._send_batch(ledger, spoil=self._dice.random() < 0.2, headers={})

    def send_lenient(self, ledger: Ledger) -> None:
        self._send_batch(ledger, spoil=self._dice.random() < 0.5, headers=LENIENT)

    def look(self, ledger: Ledger) -> None:
        """What was acknowledged before `as_of` is in the figures: I4."""
        path = f"/api/dashboard/customers?limit=500&currency={ledger.currency}"
        answer = self._ask("GET", path, ledger).json()
        shown = sum(customer["transactions"] for customer in answer["top_customers"])
        promised = ledger.customers_before(datetime.fromisoformat(answer["as_of"]) - self._load.clock_ahead)
        assert shown >= promised, f"as of {answer['as_of']} there are {shown} payments, not {promised}"

    # --- how -------------------------------------------------------------------------------------

    def _send_batch(self, ledger: Ledger, headers: dict[str, str], *, spoil: bool) -> None:
        known = ledger.accepted()
        events = [self._some_event(ledger, known) for _ in range(self._dice.randrange(1, BATCH_SIZE))]
        events += self._same_for_all(ledger)
        # keys in any order: what several clients send at once must not deadlock
        self._dice.shuffle(events)
        events = list({identity(event): event for event in events}.values())
        if spoil:
            events.append(
                {**new_event(self._dice, ledger, self._name(), now()), **self._dice.choice(SPOILED)}
            )
        response = self._ask("POST", BATCH, ledger, events, headers)
        assert response.status_code in (202, 422), response.text
        is_stored = response.status_code == 202
        answer = response.json()
        for event, outcome in zip(
            events, outcomes(is_stored, answer if is_stored else answer["errors"], len(events)), strict=True
        ):
            self._check(event, outcome, known)
            if outcome.name not in ("rejected", "not stored"):
                ledger.note(event, outcome, known)

    def _check(self, event: Json, outcome: Outcome, known: dict) -> None:
        """What is invalid is refused, for the right reason, and nothing else is."""
        wrong = invalid_fields(event, now())
        assert (outcome.name == "rejected") == bool(wrong), f"{outcome} of {event}"
        if wrong:
            assert outcome.fields == wrong, f"{outcome} of {event}"
        elif first := known.get(identity(event)):
            expected = "conflict" if differing_fields(first, event) else "duplicate"
            assert outcome.name in (expected, "not stored"), f"{outcome} of {event}, {first} is stored"

    def _some_event(self, ledger: Ledger, known: dict) -> Json:
        """Mostly a new one; or one again, in another version, contested, or invalid."""
        chance = self._dice.random()
        if known and chance < 0.1:
            return self._dice.choice(list(known.values()))
        if known and chance < 0.2:
            return {**self._dice.choice(list(known.values())), "amount": 100_000 + self._number}
        if chance < 0.25:
            return self._contested(ledger)
        return new_event(self._dice, ledger, self._name(), now())

    def _contested(self, ledger: Ledger) -> Json:
        """This client's version of an event of which every client has one."""
        event = {
            "transaction_id": f"contested {self._dice.randrange(20)}",
            "event_type": "payment_succeeded",
            "amount": 1 + self._number,
            "currency": ledger.currency,
            "customer_id": "contested",
        }
        ledger.contest(event)
        return event

    def _same_for_all(self, ledger: Ledger) -> list[Json]:
        """Events that several clients send at about the same time."""
        first = int(time.monotonic() * 10)
        return [
            {
                "transaction_id": f"shared {first + number}",
                "event_type": "payment_created",
                "amount": 5,
                "currency": ledger.currency,
            }
            for number in range(4)
        ]

    def _name(self) -> str:
        return f"{self._load.seed}: {self._number}-{next(self._names)}"

    def _ask(
        self,
        method: str,
        path: str,
        ledger: Ledger,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The answer: what is lost, or refused for the moment, is sent again as it was."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **ledger.tenant.headers, **(headers or {})}
        while True:
            try:
                response = self._http.request(method, path, content=content, headers=sent)
            except httpx.TransportError as error:
                problem = repr(error)
            else:
                if response.status_code not in (429, 503):
                    assert response.status_code < 500, f"{response.status_code} {path}: {response.text}"
                    self.answered += 1
                    return response
                assert int(response.headers["retry-after"]) > 0
                self.refusals[response.status_code] += 1
                problem = response.text
            assert self._load.has_patience(), f"{path} is not answered after all faults have ended: {problem}"
            time.sleep(self._dice.uniform(0.05, 0.3))


def now() -> datetime:
    return datetime.now(UTC)
