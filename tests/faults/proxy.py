"""A TCP proxy that loses what networks lose: packets, connections, and answers on their way back."""

import asyncio
import ctypes
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

# A filter of the kernel's that keeps no byte of a packet: it is dropped before TCP sees it, as on a broken
# line. So nothing is acknowledged, and who sent it finds out by timeouts of its own. Some kernels let
# root alone attach one.
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_RETURN_NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
_DROP_ALL = struct.pack("HL", 1, ctypes.addressof(_RETURN_NOTHING))
NOT_PERMITTED = "this kernel lets root alone drop packets"
_CHUNK = 65_536


class Proxy:
    """Stands before a port of this machine; while nothing is said, bytes pass through.

    Parameters: `target`, tells the port behind it at each new connection.
    """

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._refuses = self._loses_answers = self._is_dark = False
        self._pairs: set[tuple[asyncio.Transport, asyncio.Transport]] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self._run(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- what can go wrong -----------------------------------------------------------------------

    def cut(self) -> None:
        """Resets every connection that there is."""
        self._run(self._cut)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Resets connections, new ones at once."""
        self._refuses = True
        self.cut()
        try:
            yield
        finally:
            self._refuses = False

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """Requests arrive; instead of the answer the connection breaks."""
        self._loses_answers = True
        try:
            yield
        finally:
            self._loses_answers = False

    @contextmanager
    def dark(self, *, forgets: bool = False) -> Iterator[None]:
        """Packets vanish in both directions; new connections get no answer either.

        Afterwards the line works again and what was lost is sent again, or, when it `forgets`, it works for
        new connections only: the old ones stay half open. Errors: PermissionError, see `can_drop_packets`.
        """
        self._run(self._darken)
        try:
            yield
        finally:
            self._run(lambda: self._lighten(forgets))

    # --- in the loop's thread --------------------------------------------------------------------

    def _run(self, function: Callable[[], object]) -> None:
        async def call() -> None:
            result = function()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, sock=self._listener)

    async def _close(self) -> None:
        self._server.close()
        self._cut()
        if self._serving:
            await asyncio.wait(self._serving)

    def _cut(self) -> None:
        for transport in self._transports():
            transport.abort()

    def _darken(self) -> None:
        self._is_dark = True
        _drop_packets(self._listener)
        for transport in self._transports():
            _drop_packets(transport.get_extra_info("socket"))

    def _lighten(self, forgets: bool) -> None:
        self._is_dark = False
        _pass_packets(self._listener)
        if not forgets:
            for transport in self._transports():
                _pass_packets(transport.get_extra_info("socket"))

    def _transports(self) -> list[asyncio.Transport]:
        transports = [transport for pair in self._pairs for transport in pair]
        return [transport for transport in transports if not transport.is_closing()]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._refuses:
                raise ConnectionRefusedError
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            writer.transport.abort()
            return
        pair = (writer.transport, server_writer.transport)
        self._pairs.add(pair)
        if self._is_dark:
            for transport in pair:
                _drop_packets(transport.get_extra_info("socket"))
        ways = [self._pump(reader, server_writer), self._pump(server_reader, writer, are_answers=True)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for transport in pair:
            transport.close()
        self._pairs.discard(pair)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, are_answers: bool = False
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if are_answers and self._loses_answers:
                    writer.transport.abort()
                    return
                writer.write(chunk)
                await writer.drain()


def can_drop_packets() -> bool:
    """Whether the kernel lets this process make a line dark."""
    with socket.socket() as sock:
        try:
            _drop_packets(sock)
        except PermissionError:
            return False
    return True


def _drop_packets(sock: socket.socket) -> None:
    if sock.fileno() != -1:  # closed meanwhile
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _DROP_ALL)


def _pass_packets(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
