"""Event streams: each merchant's open ones are told when its figures change (docs/streams.md).

Nothing here asks the database while nothing happens: changes and ended access come as notifications, and a
merchant's version is asked for when its first stream opens, when its local hour turns, and when the listener
is back after it was away.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from uuid import UUID

import msgspec
import psycopg
import structlog

from app import metrics
from app.database import Database
from app.errors import TOO_MANY_STREAMS, UNAVAILABLE, Problem
from app.notifications import ACCESS, FIGURES, Listener
from app.settings import Settings

_log = structlog.get_logger()

_HEARTBEAT_SECONDS = 15.0
_SECONDS_BETWEEN_MESSAGES = 1.0
# A stream ends after about an hour: clients come back by themselves, and spread over the processes anew.
_LIFETIME_SECONDS = 3600.0
_TICK_SECONDS = 1.0
_RETRY_SECONDS = 5.0
# When an hour turns, clients ask for their figures all at once: this spreads them.
_TURN_SPREAD_SECONDS = 5.0
_LISTENER_SECONDS = 3.0
_RETRY_AFTER = {"Retry-After": "5"}


class Version(msgspec.Struct, frozen=True):
    """Which figures are in force: as `api.figures_version` tells it, but for seconds_to_turn."""

    changed_at: int
    turned_at: int
    as_of: str

    @property
    def event_id(self) -> str:
        """The same for the same figures, and for no others."""
        return f"{self.changed_at}-{self.turned_at}"


class _VersionAnswer(Version, frozen=True):
    seconds_to_turn: float


class _ChangeNotice(msgspec.Struct, frozen=True):
    """The payload on channel molam_figures."""

    changed_at: int
    as_of: str
    merchants: list[str]


class _Topic:
    """A merchant with open streams."""

    def __init__(self, merchant_id: UUID) -> None:
        self.merchant_id = merchant_id
        self.streams: set[Stream] = set()
        self.version: Version | None = None
        self.heard: _ChangeNotice | None = None
        self.refresh_at = 0.0
        self.check_at = float("inf")

    def hear(self, notice: _ChangeNotice) -> None:
        """Takes a change over."""
        self.heard = notice
        if self.version:
            self.set_version(
                msgspec.structs.replace(self.version, changed_at=notice.changed_at, as_of=notice.as_of)
            )

    def set_version(self, version: Version) -> None:
        """Tells the streams, when it is another one."""
        is_new = self.version is not None and self.version.event_id != version.event_id
        self.version = version
        if is_new:
            for stream in self.streams:
                stream.wake()


class Stream:
    """One open stream. `expires_at` is when its credential ends (seconds since 1970), if it does.

    `check_access` tells that anew; it raises Problem when the caller may no longer read.
    """

    def __init__(
        self,
        topic: _Topic,
        last_event_id: str | None,
        expires_at: float | None,
        check_access: Callable[[], Awaitable[float | None]],
    ) -> None:
        self.topic = topic
        self._check_access = check_access
        self.end_reason: str | None = None
        self._last_event_id = last_event_id
        self._woken = asyncio.Event()
        self._expires_at = expires_at
        self._lifetime_ends_at = monotonic() + _LIFETIME_SECONDS * random.uniform(0.9, 1.1)

    def wake(self) -> None:
        """Makes it look whether there is something to tell."""
        self._woken.set()

    def end(self, reason: str) -> None:
        """Makes it end; the first reason counts."""
        self.end_reason = self.end_reason or reason
        self._woken.set()

    async def recheck(self) -> None:
        """Ends it when its caller may no longer read. Errors: psycopg.Error, Problem 503."""
        try:
            self._expires_at = await self._check_access()
        except Problem as problem:
            if problem.kind.status not in (401, 403):
                raise
            self.end("access")
        self.wake()  # it waits for the end that was known before

    async def blocks(self) -> AsyncGenerator[bytes]:
        """What is sent: what was missed, at once; then a message for all changes of a second; comments."""
        version = self._version()
        retry = b"retry: %d\n" % random.randint(1000, 4000)
        if self._last_event_id in (None, version.event_id):
            # without data a client keeps the id and tells its user nothing
            yield retry + b"id: %s\n\n" % version.event_id.encode()
        else:
            yield retry + _message(version)
            await asyncio.sleep(_SECONDS_BETWEEN_MESSAGES)
        while await self._wait():
            if self._version().event_id == version.event_id:
                yield b":\n\n"
                continue
            version = self._version()
            yield _message(version)
            await asyncio.sleep(_SECONDS_BETWEEN_MESSAGES)

    def _version(self) -> Version:
        assert self.topic.version is not None, "a stream opens when the version is known"
        return self.topic.version

    async def _wait(self) -> bool:
        """Until it is woken or a heartbeat is due; False when it is to end."""
        access_seconds = float("inf") if self._expires_at is None else self._expires_at - time.time()
        lifetime_seconds = self._lifetime_ends_at - monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(_HEARTBEAT_SECONDS, access_seconds, lifetime_seconds))):
                await self._woken.wait()
        self._woken.clear()
        # also when it was woken: a busy merchant's stream always is
        if self._expires_at is not None and time.time() >= self._expires_at:
            self.end("expired")
        elif monotonic() >= self._lifetime_ends_at:
            self.end("lifetime")
        return self.end_reason is None


def _message(version: Version) -> bytes:
    metrics.STREAM_MESSAGES.inc()
    data = msgspec.json.encode({"as_of": version.as_of})
    return b"id: %s\ndata: %s\n\n" % (version.event_id.encode(), data)


class Streams:
    """All streams of this process."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._max_streams = settings.max_streams
        self._max_streams_per_merchant = settings.max_streams_per_merchant
        self._auth_cache_seconds = settings.auth_cache_seconds
        self._topics: dict[str, _Topic] = {}
        self._number = 0
        self._is_closing = False
        self._listener = Listener(settings, database, self._hear, self._catch_up)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listens and keeps the streams right meanwhile."""
        tasks = [asyncio.create_task(_keep_doing(work)) for work in (self._listener.run, self._keep_right)]
        try:
            yield
        finally:
            self.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Ends all streams and takes no more: their clients go to another process."""
        self._is_closing = True
        for topic in self._topics.values():
            for stream in topic.streams:
                stream.end("shutdown")

    async def open(
        self,
        merchant_id: UUID,
        last_event_id: str | None,
        expires_at: float | None,
        check_access: Callable[[], Awaitable[float | None]],
    ) -> Stream:
        """A new stream of the merchant, which the caller must hand to `leave` in the end.

        Errors: Problem 429, 503; psycopg.Error.
        """
        if not await self._listener.wait(_LISTENER_SECONDS):
            raise Problem(UNAVAILABLE, "Changes cannot be told right now.", headers=_RETRY_AFTER)
        if self._is_closing or self._number >= self._max_streams:
            raise Problem(UNAVAILABLE, "This process has as many streams as it takes.", headers=_RETRY_AFTER)
        topic = self._topics.setdefault(str(merchant_id), _Topic(merchant_id))
        if len(topic.streams) >= self._max_streams_per_merchant:
            raise Problem(
                TOO_MANY_STREAMS, "The merchant has as many open streams as it may.", headers=_RETRY_AFTER
            )
        stream = Stream(topic, last_event_id, expires_at, check_access)
        topic.streams.add(stream)
        self._number += 1
        metrics.STREAMS.set(self._number)
        try:
            if topic.version is None:
                await self._refresh(topic)
        except BaseException:
            self.leave(stream)
            raise
        return stream

    def leave(self, stream: Stream) -> None:
        """Forgets a stream."""
        topic = stream.topic
        topic.streams.remove(stream)
        if not topic.streams:
            del self._topics[str(topic.merchant_id)]
        self._number -= 1
        metrics.STREAMS.set(self._number)

    def _hear(self, channel: str, payload: str) -> None:
        if channel == FIGURES:
            try:
                notice = msgspec.json.decode(payload, type=_ChangeNotice)
            except msgspec.MsgspecError as error:
                _log.warning("a notification that is none of ours", channel=channel, error=str(error))
                return
            for merchant_id in notice.merchants:
                if topic := self._topics.get(merchant_id):
                    topic.hear(notice)
        elif channel == ACCESS and (topic := self._topics.get(payload)):
            # by then authentication has forgotten what it was told before
            topic.check_at = monotonic() + self._auth_cache_seconds

    def _catch_up(self) -> None:
        """Something may have been missed."""
        for topic in self._topics.values():
            topic.refresh_at = topic.check_at = 0.0

    async def _keep_right(self) -> None:
        """Refreshes versions and checks access when that is due; while the database is away, later."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            for topic in list(self._topics.values()):
                try:
                    if monotonic() >= topic.check_at:
                        await _check_access(topic)
                    if monotonic() >= topic.refresh_at:
                        await self._refresh(topic)
                except (psycopg.Error, Problem) as error:
                    _log.warning("cannot bring streams up to date; trying on", error=str(error).strip())
                    break  # most likely the others fail as well

    async def _refresh(self, topic: _Topic) -> None:
        topic.heard = None
        topic.refresh_at = monotonic() + _RETRY_SECONDS  # unless there is an answer
        answer = await self._database.figures_version(topic.merchant_id)
        version = msgspec.json.decode(answer, type=_VersionAnswer)
        topic.refresh_at = monotonic() + version.seconds_to_turn + random.uniform(0.1, _TURN_SPREAD_SECONDS)
        changed_at, as_of = version.changed_at, version.as_of
        if topic.heard:  # while the database was asked
            changed_at, as_of = topic.heard.changed_at, topic.heard.as_of
        topic.set_version(Version(changed_at, version.turned_at, as_of))


async def _keep_doing(work: Callable[[], Awaitable[None]]) -> None:
    """Does what has no end; after an error that nobody foresaw, again."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001  # or all streams would be silent from then on
            _log.exception("streams failed; beginning again")
        await asyncio.sleep(_TICK_SECONDS)


async def _check_access(topic: _Topic) -> None:
    """Ends the streams whose callers may no longer read. Errors: psycopg.Error, Problem."""
    topic.check_at = float("inf")  # a notification meanwhile sets it anew
    try:
        for stream in list(topic.streams):
            await stream.recheck()
    except (psycopg.Error, Problem):
        topic.check_at = monotonic() + _RETRY_SECONDS
        raise
