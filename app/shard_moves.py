"""`molam shards move`: takes merchants to another server while they go on (docs/shards.md).

What is done at each end is a function there (sql/88_moves.sql); here are their order, and the rows on their
way. Every step may be made again: a move that was interrupted goes on where it was when it is run again.
"""

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads

from app.shards import Cluster, ShardsError

# Given the share that is done and what is being done.
Report = Callable[[float, str], None]

_BATCH_EVENTS = 20_000
# So few are copied well within a pause.
_SMALL_WINDOW_EVENTS = 2_000
_PAUSE_SECONDS = 5.0
# Of a pause, for who wrote before it.
_WRITERS_SECONDS = 2.0
_PAUSES = 20
_SECONDS_BETWEEN_PAUSES = 2.0
# Calls that were led to the old server before the switch have ended by then: there they are given 15 seconds.
_SECONDS_BEFORE_REMOVAL = 20.0
_POLL_SECONDS = 0.02


class MoveResult(msgspec.Struct):
    """What was moved; `pause_seconds` is for how long nothing could be written for the merchant."""

    merchant_id: UUID
    from_server: str
    to_server: str
    events: int
    pause_seconds: float


class _TooLongError(Exception):
    """A pause would have taken too long; the message says for whom it waited."""


class _End:
    """One of the two servers, as the owner of the tables there."""

    def __init__(self, name: str, connection: psycopg.Connection[Any]) -> None:
        self.name = name
        self.connection = connection

    def call(self, query: LiteralString, *arguments: object) -> Any:
        """The first column of the only row."""
        return self.row(query, *arguments)[0]

    def row(self, query: LiteralString, *arguments: object) -> Any:
        """The only row."""
        row = self.connection.execute(query, arguments).fetchone()
        assert row is not None
        return row


class Move:
    """One merchant on its way between two servers."""

    def __init__(self, router: _End, source: _End, target: _End, merchant_id: UUID) -> None:
        self._router = router
        self._source = source
        self._target = target
        self._merchant_id = merchant_id

    def transfer(self, report: Report) -> MoveResult:
        """Copies while the merchant goes on, pauses it and switches; what is at the source stays there.

        Errors: ShardsError, psycopg.Error. Run again, it goes on.
        """
        report(0.0, "prepare")
        events = self._begin()
        self._copy_base(events, report)
        report(0.9, "catch up")
        while self._copy_window() > _SMALL_WINDOW_EVENTS:
            pass
        self._settle(deadline=None)
        report(0.95, "switch")
        pause_seconds = self._switch()
        report(1.0, "switched")
        return MoveResult(self._merchant_id, self._source.name, self._target.name, events, pause_seconds)

    def verify(self, report: Report) -> None:
        """After the switch: looks, once, whether both sides are right.

        Errors: ShardsError, and nothing is removed before they are.
        """
        report(0.0, "verify")
        self._source.call("select internal.note_switch(%s)", self._merchant_id)
        self._target.call("select internal.arrive(%s)", self._merchant_id)
        if not self._source.call("select internal.is_verified(%s)", self._merchant_id):
            self._compare()
            self._source.call("select internal.note_verified(%s)", self._merchant_id)

    def remove(self, report: Report) -> None:
        """Removes what is left at the source."""
        report(0.0, "wait for late calls")
        self._wait_for_late_calls()
        report(0.1, "remove the old")
        _remove(self._source, self._merchant_id)
        self._target.call("select internal.finish_arrival(%s)", self._merchant_id)
        report(1.0, "done")

    def _begin(self) -> int:
        first_received_at, events = self._source.row(
            "select received_at, events from internal.first_received_at(%s)", self._merchant_id
        )
        self._source.call("select internal.begin_departure(%s, %s)", self._merchant_id, self._target.name)
        if self._target.call("select internal.is_half_removed(%s)", self._merchant_id):
            _remove(self._target, self._merchant_id)
        self._target.call(
            "select internal.begin_arrival(%s, %s, %s)",
            self._merchant_id,
            self._source.name,
            first_received_at,
        )
        self._target.connection.execute("select internal.prepare_arrival()")
        self._copy_merchant()
        with self._target.connection.transaction():
            self._copy_rows(
                "copy (select * from internal.departing_retired_events(%s)) to stdout",
                "copy pg_temp.arriving_retired_events from stdin",
            )
            self._target.call("select internal.arrive_retired_events(%s)", self._merchant_id)
        return events

    def _copy_merchant(self) -> None:
        rows = self._source.call("select internal.departing_merchant(%s)", self._merchant_id)
        self._target.call("select internal.arrive_merchant(%s, %s)", self._merchant_id, Jsonb(rows))

    def _copy_base(self, events: int, report: Report) -> None:
        copied = 0
        while not self._source.call("select internal.is_base_copied(%s)", self._merchant_id):
            with self._target.connection.transaction():
                self._copy_rows(
                    "copy (select * from internal.departing_base(%s, %s)) to stdout",
                    "copy pg_temp.arriving_events from stdin",
                    _BATCH_EVENTS,
                )
                arrived, *last = self._target.row(
                    "select events, last_transaction_id, last_event_id from internal.arrive_events()"
                )
            self._source.call("select internal.note_base(%s, %s, %s)", self._merchant_id, *last)
            copied += arrived
            report(0.9 * min(1.0, copied / max(events, 1)), "copy events")

    def _copy_window(self) -> int:
        """Copies what has come since; gives the number of events."""
        # the snapshot must be that of the rows
        with _one_snapshot(self._source.connection), self._target.connection.transaction():
            until = self._source.call("select pg_current_snapshot()::text")
            self._copy_rows(
                "copy (select * from internal.departing_window(%s, %s)) to stdout",
                "copy pg_temp.arriving_events from stdin",
                until,
            )
            events = self._target.call("select events from internal.arrive_events()")
        self._source.call("select internal.note_window(%s, %s)", self._merchant_id, until)
        return events

    def _copy_rows(self, origin: LiteralString, destination: LiteralString, *arguments: object) -> None:
        with (
            self._source.connection.cursor().copy(origin, [self._merchant_id, *arguments]) as rows,
            self._target.connection.cursor().copy(destination) as into,
        ):
            for data in rows:
                into.write(data)

    def _settle(self, deadline: float | None) -> None:
        """Until the copied events are in the figures over there."""
        while not self._target.call("select internal.settle(%s)", self._merchant_id):
            if deadline and time.monotonic() > deadline:
                raise _TooLongError("the rollup of the other server is behind")
            time.sleep(_POLL_SECONDS)

    def _switch(self) -> float:
        """Seconds for which nothing could be written."""
        started_at = self._pause()
        # From here on it does not go back. The lease may have ended a moment ago: all is looked at once more.
        self._source.call("select internal.depart(%s)", self._merchant_id)
        try:
            self._wait_for_writers(started_at + 3 * _PAUSE_SECONDS)
        except _TooLongError as error:
            raise ShardsError(
                f"merchant {self._merchant_id} stays paused until the move is run again, or undone: {error}"
            ) from error
        self._copy_window()
        self._copy_merchant()
        self._settle(deadline=None)
        self._router.call("select ops.place_merchant(%s, %s)", self._merchant_id, self._target.name)
        self._target.call("select internal.arrive(%s)", self._merchant_id)
        self._source.call("select internal.note_switch(%s)", self._merchant_id)
        return round(time.monotonic() - started_at, 3)

    def _pause(self) -> float:
        """Pauses the merchant, with everything copied; gives since when (monotonic). Errors: ShardsError."""
        reason = ""
        for _ in range(_PAUSES):
            started_at = time.monotonic()
            try:
                self._catch_up_in_pause(started_at)
            except _TooLongError as error:
                self._source.call("select internal.freeze_merchant(%s, 0)", self._merchant_id)
                reason = str(error)
                time.sleep(_SECONDS_BETWEEN_PAUSES)
            else:
                return started_at
        raise ShardsError(
            f"merchant {self._merchant_id} could not be switched within {_PAUSE_SECONDS:g} s, "
            f"tried {_PAUSES} times: {reason}. Run it again later"
        )

    def _catch_up_in_pause(self, started_at: float) -> None:
        """Freezes the merchant and copies what there still is. Errors: _TooLongError."""
        self._source.call("select internal.freeze_merchant(%s, %s)", self._merchant_id, 2 * _PAUSE_SECONDS)
        self._wait_for_writers(started_at + _WRITERS_SECONDS)
        self._copy_window()
        self._copy_merchant()
        self._settle(started_at + _PAUSE_SECONDS)
        if time.monotonic() > started_at + _PAUSE_SECONDS:
            raise _TooLongError("copying took too long")

    def _wait_for_writers(self, deadline: float) -> None:
        """Until those who may not have seen that nothing is to be written any more have ended."""
        snapshot = self._source.call("select pg_current_snapshot()::text")
        while writers := self._source.call("select internal.older_writers(%s)", snapshot):
            if time.monotonic() > deadline:
                raise _TooLongError(f"{self._source.name}: {'; '.join(writers)} writes for long")
            time.sleep(_POLL_SECONDS)

    def _compare(self) -> None:
        """Whether all that is at the source is at the target, too, and the figures of both are right."""
        self._copy_window()
        self._settle(deadline=None)
        with self._target.connection.transaction():
            self._copy_rows(
                "copy (select internal.departed_event_ids(%s)) to stdout",
                "copy pg_temp.departed_event_ids from stdin",
            )
            missing = self._target.call("select internal.missing_events(%s)", self._merchant_id)
        if missing:
            raise ShardsError(f"{missing} events of {self._merchant_id} are not on {self._target.name}")
        for end, differences in self._reconcile():
            if differences:
                raise ShardsError(
                    f"nothing was removed, for {differences} figures of {self._merchant_id} on {end.name} "
                    "are not what its events say: ops.reconcile there shows them"
                )

    def _reconcile(self) -> list[tuple[_End, int]]:
        """How many figures are wrong on each side; both look at once, as they take longer than all else."""
        query: LiteralString = "select count(*) from ops.reconcile(%s)"
        with ThreadPoolExecutor(1) as pool:
            at_source = pool.submit(self._source.call, query, self._merchant_id)
            try:
                at_target = self._target.call(query, self._merchant_id)
                return [(self._source, at_source.result()), (self._target, at_target)]
            except BaseException:  # or whoever interrupts would wait for the source
                self._source.connection.cancel()
                raise

    def _wait_for_late_calls(self) -> None:
        while (
            seconds := self._source.call(
                "select internal.seconds_since_switch(%s)::double precision", self._merchant_id
            )
        ) < _SECONDS_BEFORE_REMOVAL:
            time.sleep(min(1.0, _SECONDS_BEFORE_REMOVAL - seconds))


class Mover:
    """Moves within a cluster, over one connection to each server that it comes to."""

    def __init__(self, cluster: Cluster, stack: ExitStack) -> None:
        self._urls = {shard.name: shard.url for shard in cluster.shards}
        self._stack = stack
        self._ends: dict[str, _End] = {}
        self._router = _End("the router", stack.enter_context(_connect(cluster.router)))

    def move_merchant(self, merchant_id: UUID, to: str, report: Report) -> MoveResult | None:
        """Moves one merchant; None when it is there already, and nothing was left to do.

        Errors: ShardsError, psycopg.Error.
        """
        self._end(to)
        moved = self._transfer(merchant_id, to, _share(report, 0.0, 0.8))
        finished = self._finish(merchant_id, to, _share(report, 0.8, 1.0))
        return moved or finished

    def move_partition(self, partition: int, to: str, report: Report) -> list[MoveResult]:
        """Moves all merchants of a virtual partition, and where new ones of it are made.

        Errors: ShardsError, psycopg.Error.
        """
        self._end(to)
        results: dict[UUID, MoveResult | None] = {}
        with self._alone(self._router, f"partition {partition}"):
            # once more, for those who were being made when the first were looked for
            while merchants := self._pin_merchants(partition, to):
                for number, merchant_id in enumerate(merchants):
                    part = _part(_share(report, 0.0, 0.8), number, len(merchants))
                    results[merchant_id] = self._transfer(merchant_id, to, part) or self._finish(
                        merchant_id, to, part
                    )
                self._router.call("select internal.end_partition_move(%s)", partition)
            # late calls of the first are waited for, and by then all others' have ended, too
            arrivals = self._unfinished_arrivals(partition, to)
            for number, merchant_id in enumerate(arrivals):
                finished = self._finish(
                    merchant_id, to, _part(_share(report, 0.8, 1.0), number, len(arrivals))
                )
                results.setdefault(merchant_id, finished)
        return [result for result in results.values() if result]

    def _transfer(self, merchant_id: UUID, to: str, report: Report) -> MoveResult | None:
        """To the other server; nothing is removed yet. None when the merchant is there already."""
        with self._moving(merchant_id) as place:
            if place.name == to:
                return None
            self._finish_arrival(merchant_id, place, report)
            target = self._end(to)
            with self._alone(target, f"merchant {merchant_id}"):
                move = Move(self._router, place, target, merchant_id)
                result = move.transfer(_share(report, 0.0, 0.9))
                move.verify(_share(report, 0.9, 1.0))
                return result

    @contextmanager
    def _moving(self, merchant_id: UUID) -> Generator[_End]:
        """Nobody else moves it meanwhile; gives the server where it is."""
        what = f"merchant {merchant_id}"
        with self._sharing(self._partition_of(merchant_id)), self._alone(self._router, what):
            place = self._end(self._router.call("select ops.shard_of(%s)", merchant_id))
            with self._alone(place, what):
                yield place

    def _pin_merchants(self, partition: int, to: str) -> Sequence[UUID]:
        """Those who are to be moved, each with a place of its own until then."""
        source = self._router.call("select internal.server_of_partition(%s, %s)", partition, to)
        if source:
            place = self._end(source)
            partitions = self._router.call("select cardinality(shards) from data.placement")
            query: LiteralString = "select internal.merchants_of_partition(%s, %s, %s)"
            merchants = place.call(query, partition, partitions, True)
            self._router.call("select internal.begin_partition_move(%s, %s, %s)", partition, to, merchants)
            # who was made meanwhile
            merchants = place.call(query, partition, partitions, False)
            self._router.call("select internal.keep_in_place(%s, %s)", merchants, source)
        else:
            self._router.call("select ops.place_partition(%s, %s)", partition, to)
        return self._router.call("select internal.passing_merchants(%s)", partition)

    def _unfinished_arrivals(self, partition: int, to: str) -> list[UUID]:
        """Those who were switched before the move was interrupted, so that it is not their turn any more."""
        partitions = self._router.call("select cardinality(shards) from data.placement")
        query: LiteralString = "select internal.arrivals_of_partition(%s, %s)"
        arrivals = self._end(to).call(query, partition, partitions)
        return [each for each in arrivals if self._router.call("select ops.shard_of(%s)", each) == to]

    def _finish(self, merchant_id: UUID, to: str, report: Report) -> MoveResult | None:
        """What a move has left: after the switch, or, interrupted, on the way to another server."""
        with self._moving(merchant_id) as place:
            if place.name != to:  # somebody has moved it on
                return None
            if other := place.call("select internal.unfinished_move(%s)", merchant_id):
                self._undo(merchant_id, place, self._end(other), report)
                return None
            return self._finish_arrival(merchant_id, place, report)

    def _finish_arrival(self, merchant_id: UUID, here: _End, report: Report) -> MoveResult | None:
        """Before the merchant moves again nothing of it must be left where it came from."""
        name = here.call("select internal.arrived_from(%s)", merchant_id)
        if not name:
            return None
        source = self._end(name)
        with self._alone(source, f"merchant {merchant_id}"):
            here.connection.execute("select internal.prepare_arrival()")
            move = Move(self._router, source, here, merchant_id)
            move.verify(_share(report, 0.0, 0.5))
            move.remove(_share(report, 0.5, 1.0))
        events = here.call("select events from internal.first_received_at(%s)", merchant_id)
        return MoveResult(merchant_id, source.name, here.name, events, 0.0)

    def _undo(self, merchant_id: UUID, here: _End, other: _End, report: Report) -> None:
        """The merchant stays where it is; what was copied is removed."""
        report(0.0, f"undo the move to {other.name}")
        with self._alone(other, f"merchant {merchant_id}"):
            here.call("select internal.forget_copies(%s)", merchant_id)
            _remove(other, merchant_id)
            here.call("select internal.undo_departure(%s)", merchant_id)
        report(1.0, "undone")

    def _end(self, name: str) -> _End:
        if name not in self._urls:
            raise ShardsError(f"there is no server {name!r} in the file; there are {', '.join(self._urls)}")
        if name not in self._ends:
            self._ends[name] = _End(name, self._stack.enter_context(_connect(self._urls[name])))
        return self._ends[name]

    def _partition_of(self, merchant_id: UUID) -> str:
        query: LiteralString = "select internal.partition_of(%s, cardinality(shards)) from data.placement"
        return f"partition {self._router.call(query, merchant_id)}"

    @contextmanager
    def _alone(self, end: _End, what: str) -> Generator[None]:
        """Nobody else moves it by way of this server, not even after the router has gone and come back."""
        yield from _locked(end, what, "select pg_try_advisory_lock(%s)", "select pg_advisory_unlock(%s)")

    @contextmanager
    def _sharing(self, what: str) -> Generator[None]:
        """Others may be at the same, but nobody at the whole of it, unless we are."""
        yield from _locked(
            self._router,
            what,
            "select pg_try_advisory_lock_shared(%s)",
            "select pg_advisory_unlock_shared(%s)",
        )


def _locked(end: _End, what: str, lock: LiteralString, unlock: LiteralString) -> Generator[None]:
    key = end.call("select hashtextextended(%s, 0)", f"molam move {what}")
    if not end.call(lock, key):
        raise ShardsError(f"another molam shards move is moving {what}")
    try:
        yield
    finally:
        if not end.connection.closed:
            end.call(unlock, key)


def _remove(end: _End, merchant_id: UUID) -> None:
    while end.call("select internal.remove_merchant(%s, %s)", merchant_id, _BATCH_EVENTS):
        pass


@contextmanager
def _one_snapshot(connection: psycopg.Connection[Any]) -> Generator[None]:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            yield
    finally:
        connection.isolation_level = None


def _share(report: Report, first: float, last: float) -> Report:
    return lambda share, step: report(first + share * (last - first), step)


def _part(report: Report, number: int, of: int) -> Report:
    return lambda share, step: report((number + share) / of, f"{number + 1} of {of}: {step}")


def _connect(url: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(
        url,
        autocommit=True,
        application_name="molam shards move",
        connect_timeout=10,
        options="-c role=molam_owner",
    )
    set_json_loads(_unchanged, connection)
    set_json_dumps(_unchanged, connection)
    return connection


def _unchanged(json: Any) -> Any:
    return json
