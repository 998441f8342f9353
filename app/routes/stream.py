"""Server-sent events: one message whenever the merchant's figures have changed."""

import asyncio
from contextlib import aclosing
from typing import Any

from litestar import Request, Response, Router, get
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from app import metrics
from app.auth import Caller, check_reader, require_dashboard_caller
from app.errors import MALFORMED_REQUEST, TOO_MANY_STREAMS, Problem
from app.openapi import EVENT_STREAM, TextReply, describe
from app.streams import Stream, Streams

_Request = Request[Caller, Any, Any]

# A client that has not taken a message by then is gone, or too slow to be told of changes.
_SEND_SECONDS = 30.0
_MAX_ID_LENGTH = 100

_EXAMPLE = """\
retry: 2718
id: 1795427892123456-1795428000

id: 1795428031654321-1795428000
data: {"as_of":"2026-11-23T10:00:31.5Z"}

"""

# What lies between must pass each message on at once: nginx asks for it to be said.
_HEADERS = {"X-Accel-Buffering": "no"}


class _EventStreamResponse(ASGIResponse):
    """Sends what the stream has to tell until either side has enough."""

    _should_set_content_length = False

    def __init__(self, streams: Streams, stream: Stream) -> None:
        super().__init__(headers=_HEADERS, media_type="text/event-stream")
        self._streams = streams
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer; whatever becomes of it, the stream is left."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._stream)
            metrics.STREAMS_ENDED.labels(self._stream.end_reason or "error").inc()

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Sends blocks while the client takes them."""
        leaving = asyncio.create_task(_end_with_client(self._stream, receive))
        try:
            async with aclosing(self._stream.blocks()) as blocks:
                async for block in blocks:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._stream.end("slow")
        finally:
            leaving.cancel()


async def _end_with_client(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end("client")


class EventStream(Response[bytes]):
    """An open stream as an answer."""

    def __init__(self, streams: Streams, stream: Stream) -> None:
        super().__init__(b"", media_type="text/event-stream")
        self._asgi_response = _EventStreamResponse(streams, stream)

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """The stream itself."""
        return self._asgi_response


@get(
    "/stream",
    summary="Told when figures change",
    opt={"is_endless": True},
    media_type="text/event-stream",
    operation_class=describe(
        {200: TextReply("Server-sent events", EVENT_STREAM, _EXAMPLE)},
        headers=["Last-Event-ID"],
        problems=[TOO_MANY_STREAMS],
    ),
)
async def stream_changes(request: _Request, streams: Streams) -> EventStream:
    """Server-sent events: a message `{"as_of": ...}` when the merchant's figures have changed.

    Ask the dashboard's endpoints then. At most one message comes a second, and a comment every 15 seconds.
    With `Last-Event-ID`, the id of the last message, a change since then is told at once. The stream ends
    with the credential, or after about an hour: come back with the last id.
    """
    last_event_id = request.headers.get("last-event-id") or None
    if last_event_id and len(last_event_id) > _MAX_ID_LENGTH:
        raise Problem(MALFORMED_REQUEST, "Last-Event-ID is the id of a message of this stream.")

    async def check_access() -> float | None:
        return (await check_reader(request)).expires_at

    caller = request.user
    stream = await streams.open(caller.merchant_id, last_event_id, caller.expires_at, check_access)
    return EventStream(streams, stream)


ROUTER = Router(
    "/api",
    route_handlers=[stream_changes],
    guards=[require_dashboard_caller],
    tags=["Dashboard"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)
