"""What of a stream takes too long to wait for over HTTP: a client that does not take what it is sent."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.routes import stream as stream_route
from app.settings import Settings
from app.streams import Streams

MERCHANT = UUID("00000000-0000-0000-0000-000000000001")


class Database:
    """Answers as the database does."""

    async def figures_version(self, merchant_id: UUID) -> bytes:
        return b'{"changed_at": 1, "turned_at": 2, "seconds_to_turn": 3600, "as_of": "2026-11-23T00:00:00Z"}'

    async def echo(self, token: str) -> None:
        raise AssertionError("nothing listens here")


def test_a_client_that_takes_nothing_is_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(stream_route, "_SEND_SECONDS", 0.05)
    settings = Settings(data_dir=tmp_path_factory.getbasetemp(), database_url="postgresql://nobody@/none")

    async def allow() -> None:
        pass

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def run() -> None:
        streams = Streams(settings, Database())  # type: ignore[arg-type]
        monkeypatch.setattr(streams._listener, "wait", lambda seconds: asyncio.sleep(0, True))
        stream = await streams.open(MERCHANT, None, None, allow)
        response = stream_route.EventStream(streams, stream).to_asgi_response()
        async with asyncio.timeout(30):
            await response({}, receive, send)  # type: ignore[arg-type]
        assert stream.end_reason == "slow"
        assert streams._topics == {}

    asyncio.run(run())
