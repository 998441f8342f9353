"""HTTP/1.1 as uvicorn speaks it, with bounds for how much clients may send and how long they may take.

Its fast parser has none: a client could send a header without end, or a byte a minute over thousands of
connections.
"""

from asyncio import Transport
from enum import Enum, auto

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

# Of the request line and the headers, and of what is around a body; what has arrived in one piece is let in.
MAX_HEAD_BYTES = 64 * 1024
# For the whole head, and for each further piece of a body.
PATIENCE_SECONDS = 30.0


class _Awaited(Enum):
    """What the client is about to send."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class BoundedHttp(HttpToolsProtocol):
    """A connection: 431 when a head is too large, 408 when it takes too long; no answer to half a body."""

    def connection_made(self, transport: Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Waits for the first request; between requests uvicorn's own clock runs (`timeout_keep_alive`)."""
        super().connection_made(transport)
        self._awaited = _Awaited.HEAD
        self._head_bytes = 0
        self._has_body = False
        self._clock = self.loop.call_later(PATIENCE_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is awaited."""
        self._clock.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads a piece, and says what is wrong when there are too many of them."""
        before = self._awaited
        self._has_body = False
        super().data_received(data)
        if before is self._awaited is not _Awaited.NOTHING and not self._has_body:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431)
            return
        self._clock.cancel()
        if self._awaited is not _Awaited.NOTHING:
            self._head_bytes = len(data)
            self._clock = self.loop.call_later(PATIENCE_SECONDS, self._give_up)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._awaited = _Awaited.HEAD

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. Those behind a body are nobody's, and would count as fields of the head."""
        if self._awaited is _Awaited.HEAD:
            super().on_header(name, value)

    def on_chunk_header(self) -> None:
        """A chunk begins, or, behind the last one, trailers."""
        self._has_body = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._has_body = True
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The request goes to the application."""
        super().on_headers_complete()
        self._awaited = _Awaited.BODY

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        super().on_message_complete()
        self._awaited = _Awaited.NOTHING

    def _give_up(self) -> None:
        if self._is_held_up():
            self._wait_again()
        elif self._awaited is _Awaited.HEAD and self._head_bytes:
            self._refuse(408)
        else:
            self.transport.close()

    def _wait_again(self) -> None:
        """The client's time is not the application's: when that goes on, the client has all of it again."""
        then = self._wait_again if self._is_held_up() else self._give_up
        self._clock = self.loop.call_later(PATIENCE_SECONDS, then)

    def _is_held_up(self) -> bool:
        """Whether it is the application that takes its time."""
        return self.flow.read_paused or (self._awaited is _Awaited.HEAD and self._is_answering())

    def _refuse(self, status: int) -> None:
        is_heard = self._awaited is _Awaited.HEAD and not self._is_answering()
        if not self.transport.is_closing() and is_heard:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _is_answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete
