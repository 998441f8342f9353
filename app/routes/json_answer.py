"""An answer that the database has written."""

from collections.abc import Iterable

from litestar.types import Receive, Scope, Send

from app.openapi import JSON


class JsonAnswer:
    """The database's own answer, sent as it is: a Response takes as long to build as a request to route.

    Parameters: the `body` in JSON, the `status`, further `headers`.
    """

    def __init__(self, body: bytes, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._body = body
        self._status = status
        self._headers = headers

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends it."""
        length = str(len(self._body)).encode()
        headers = [(b"content-type", JSON.encode()), (b"content-length", length), *self._headers]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})
