"""What of a stream takes too long, or cannot be brought about, over HTTP: clients that are gone."""

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.routes import stream as stream_route
from app.settings import Settings
from app.streams import Streams
from tests import loops

MERCHANT = UUID("00000000-0000-0000-0000-000000000001")


class Database:
    """Answers as the database does."""

    async def figures_version(self, merchant_id: UUID) -> bytes:
        return b'{"changed_at": 1, "turned_at": 2, "seconds_to_turn": 3600, "as_of": "2026-11-23T00:00:00Z"}'

    async def echo(self, token: str) -> None:
        raise AssertionError("nothing listens here")


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Streams:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://nobody@/none")
    streams = Streams(settings, Database())  # type: ignore[arg-type]
    monkeypatch.setattr(streams._listener, "wait", lambda seconds: asyncio.sleep(0, True))
    return streams


async def allow() -> None:
    """Access without an end."""


async def receive() -> Any:
    await asyncio.Event().wait()


def test_a_client_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch, streams: Streams) -> None:
    monkeypatch.setattr(stream_route, "_SEND_SECONDS", 0.05)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def run() -> None:
        stream = await streams.open(MERCHANT, None, None, allow)
        response = stream_route.EventStream(streams, stream).to_asgi_response()
        async with asyncio.timeout(30):
            await response({}, receive, send)  # type: ignore[arg-type]
        assert stream.end_reason == "slow"

    loops.run(run())
    assert streams._topics == {}


def test_a_client_that_is_gone_before_the_answer_is_forgotten(streams: Streams) -> None:
    async def send(message: Any) -> None:
        raise ConnectionError(message["type"])

    async def run() -> None:
        stream = await streams.open(MERCHANT, None, None, allow)
        response = stream_route.EventStream(streams, stream).to_asgi_response()
        with pytest.raises(ConnectionError, match=r"http\.response\.start"):
            await response({}, receive, send)  # type: ignore[arg-type]

    loops.run(run())
    assert streams._topics == {}


def test_a_stream_of_a_busy_merchant_ends_with_the_access_too(streams: Streams) -> None:
    async def run() -> None:
        stream = await streams.open(MERCHANT, None, time.time() - 1, allow)
        blocks = stream.blocks()
        await anext(blocks)
        stream.wake()  # there is always something to tell
        with pytest.raises(StopAsyncIteration):
            await anext(blocks)
        assert stream.end_reason == "expired"
        streams.leave(stream)

    loops.run(run())


def test_after_an_unforeseen_error_streams_are_told_again(
    monkeypatch: pytest.MonkeyPatch, streams: Streams
) -> None:
    monkeypatch.setattr("app.streams._TICK_SECONDS", 0.01)
    monkeypatch.setattr(streams._listener, "run", lambda: asyncio.sleep(3600))
    first = loops.run(Database().figures_version(MERCHANT))
    answers = [first, b"[]", first.replace(b": 1,", b": 5,")]

    async def figures_version(merchant_id: UUID) -> bytes:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(streams._database, "figures_version", figures_version)

    async def run() -> None:
        stream = await streams.open(MERCHANT, None, None, allow)
        async with streams.running(), asyncio.timeout(30):
            while stream.topic.version is None or stream.topic.version.changed_at != 5:
                stream.topic.refresh_at = 0.0
                await asyncio.sleep(0.01)

    loops.run(run())
