"""A client of /api/stream that keeps what it was told."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

import httpx

from tests.processes import wait_until


@dataclass(frozen=True)
class Message:
    """An event as a browser would see it."""

    event_id: str
    data: str


def wait_out_the_turn_of_an_hour() -> None:
    """Within six seconds of it every stream is told, of which these tests would have to know."""
    seconds = time.time() % 3600
    if seconds > 3540:
        time.sleep(3607 - seconds)
    elif seconds < 7:
        time.sleep(7 - seconds)


class Client:
    """An open stream, read by a thread. Errors: httpx.HTTPStatusError when it is refused."""

    def __init__(self, url: str, headers: dict[str, str], last_event_id: str | None = None) -> None:
        if last_event_id is not None:
            headers = headers | {"Last-Event-ID": last_event_id}
        self.messages: list[Message] = []
        self.event_id: str | None = None
        self.has_ended = threading.Event()
        self._client = httpx.Client(verify=False, timeout=60)
        request = self._client.build_request("GET", f"{url}/api/stream", headers=headers)
        self.response = self._client.send(request, stream=True)
        self._is_open = threading.Event()
        self._thread = threading.Thread(target=self._read)
        if self.response.is_error:
            self.response.read()
            self._client.close()
            self.response.raise_for_status()
        self._socket = self.response.extensions["network_stream"].get_extra_info("socket")
        self._thread.start()
        assert self._is_open.wait(60)

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self.response.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                else:
                    self._take(fields)
                    fields = {}
        except (httpx.ReadError, httpx.RemoteProtocolError):
            pass  # closed by this side, or broken off
        else:
            self.has_ended.set()

    def _take(self, fields: dict[str, str]) -> None:
        self.event_id = fields.get("id", self.event_id)
        if "data" in fields:
            assert self.event_id
            self.messages.append(Message(self.event_id, fields["data"]))
        self._is_open.set()

    def wait_for(self, count: int) -> Message:
        """The message of that number, counted from one; there must be no more."""
        wait_until(lambda: len(self.messages) >= count, f"message {count} has come", 60)
        assert len(self.messages) == count
        return self.messages[-1]

    def wait_for_end(self) -> None:
        assert self.has_ended.wait(60), "the stream goes on"

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the other side was first
            self._socket.shutdown(socket.SHUT_RDWR)  # also wakes the thread, which closing does not
        self._thread.join(60)
        self.response.close()
        self._client.close()
