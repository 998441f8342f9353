"""Requests over many kept connections, at the least cost that Python can: one thread, bytes made beforehand.

A client of the standard library takes more of a core than the service that is measured.
"""

import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_HEAD_END = b"\r\n\r\n"


class Load(NamedTuple):
    """What came back, and what it took: seconds on the clock, and of this process's own work."""

    statuses: Counter[bytes]
    seconds: float
    own_seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.statuses.total() / self.seconds


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A request's bytes; underscores in the names of headers stand for hyphens."""
    more = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return _head("POST", path, headers | more) + body


def get(path: str, **headers: str) -> bytes:
    """A request's bytes; headers as of `post`."""
    return _head("GET", path, headers)


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: bench", *lines, "", ""]).encode()


def send(port: int, requests: Iterator[bytes], connections: int) -> Load:
    """Sends all requests; each connection sends the next when it has its answer."""
    poll = select.epoll()
    clients: dict[int, socket.socket] = {}
    statuses: Counter[bytes] = Counter()
    for _ in range(connections):
        client = _connect(port)
        clients[client.fileno()] = client
        poll.register(client, select.EPOLLIN)
    started_at, cpu_started_at = time.perf_counter(), time.process_time()
    waiting = 0
    for client, request in zip(clients.values(), requests, strict=False):
        client.sendall(request)
        waiting += 1
    while waiting:
        for number, _ in poll.poll(30):
            client = clients[number]
            statuses[_read_status(client)] += 1
            request = next(requests, None)
            if request is None:
                waiting -= 1
            else:
                client.sendall(request)
    load = Load(statuses, time.perf_counter() - started_at, time.process_time() - cpu_started_at)
    for client in clients.values():
        client.close()
    poll.close()
    return load


def time_each(port: int, requests: Iterable[bytes]) -> list[float]:
    """Milliseconds of each request, one after the other over one kept connection; every one must succeed."""
    times: list[float] = []
    with _connect(port) as client:
        for request in requests:
            started_at = time.perf_counter()
            client.sendall(request)
            status = _read_status(client)
            times.append((time.perf_counter() - started_at) * 1000)
            assert status == b"200", (status, request)
    return times


def _connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _read_status(client: socket.socket) -> bytes:
    """The status of one whole answer."""
    answer = client.recv(65536)
    while _HEAD_END not in answer:
        answer += _receive(client)
    head, _, body = answer.partition(_HEAD_END)
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    received = len(body)
    while received < length:
        received += len(_receive(client))
    return head[9:12]


def _receive(client: socket.socket) -> bytes:
    received = client.recv(65536)
    if not received:
        raise ConnectionError("the service closed a connection in the middle of an answer")
    return received
