"""A proxy for TCP that can be told to fail: it knows no protocol, so it stands before any server."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_AT_ONCE = struct.pack("ii", 1, 0)  # To linger for no time: what is closed is reset.
_HEARING = 100
_MOST_ON_THE_WAY = 64


class Fault(StrEnum):
    """What the line does: `NONE` passes all; `BLACKHOLE` takes connections and bytes and gives none."""

    NONE = "none"
    LATENCY = "latency"
    BLACKHOLE = "blackhole"
    RESET = "reset"
    REFUSE = "refuse"


class FaultProxy:
    """Listens on one port for as long as it lives; `fail` changes what happens to old and new connections."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]], *, latency_s: float) -> None:
        self._connect = connect
        self._latency_s = latency_s
        self._fault = Fault.NONE
        self._open: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self.port = 0

    def begin(self) -> None:
        self._thread.start()
        self._do(self._listen())

    def end(self) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.close()

    def fail(self, fault: Fault) -> None:
        self._do(self._turn_to(fault))

    def _do(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port, backlog=_HEARING)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _turn_to(self, fault: Fault) -> None:
        self._fault = fault
        if fault in (Fault.RESET, Fault.REFUSE, Fault.NONE):
            # Bytes that a black hole took are gone: what was open then can only be begun anew.
            self._reset_all()
        if fault is Fault.REFUSE and self._server:
            await self._hear_no_more(self._server)
            self._server = None
        elif fault is not Fault.REFUSE and self._server is None:
            await self._listen()

    async def _hear_no_more(self, server: asyncio.Server) -> None:
        """Who was taken just now is let in first: asyncio forgets to close whose server went in between."""
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)
        server.close()

    async def _stop(self) -> None:
        self._fault = Fault.RESET
        if self._server:
            await self._hear_no_more(self._server)
        self._reset_all()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def _reset_all(self) -> None:
        for writer in tuple(self._open):
            _reset(writer)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        self._open.add(writer)
        try:
            if self._fault in (Fault.RESET, Fault.REFUSE):
                return
            while self._fault is Fault.BLACKHOLE:
                await asyncio.sleep(0.05)
            await self._pass_on(reader, writer)
        except OSError:
            pass  # Either end went: so does the other.
        finally:
            _reset(writer)
            self._open.discard(writer)
            self._passing.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._connect()
        self._open.add(back)
        ways = [asyncio.ensure_future(self._pump(*way)) for way in ((reader, back), (there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            _reset(back)
            self._open.discard(back)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A slow line is as wide as a quick one: what follows does not wait until what went before has arrived."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_MOST_ON_THE_WAY)
        arriving = asyncio.ensure_future(self._arrive(on_the_way, writer))
        try:
            while data := await reader.read(65_536):
                late_s = self._latency_s if self._fault is Fault.LATENCY else 0.0
                await on_the_way.put((self._loop.time() + late_s, data))
            await on_the_way.put((0.0, b""))
            await arriving
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)

    async def _arrive(
        self, on_the_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        while (next_ := await on_the_way.get())[1]:
            due, data = next_
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            if self._fault is not Fault.BLACKHOLE:
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    made = writer.get_extra_info("socket")
    if made is not None and made.family == socket.AF_INET:
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


@contextmanager
def _running(connect: Callable[[], Awaitable[Streams]], latency_s: float) -> Iterator[FaultProxy]:
    proxy = FaultProxy(connect, latency_s=latency_s)
    proxy.begin()
    try:
        yield proxy
    finally:
        proxy.end()


@contextmanager
def before(url: str, *, latency_s: float = 0.3) -> Iterator[tuple[FaultProxy, str]]:
    """A proxy before the server of a URL, and the URL that leads through it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    with _running(lambda: asyncio.open_connection(host, port), latency_s) as proxy:
        yield proxy, url.replace(f"{host}:{port}", f"127.0.0.1:{proxy.port}", 1)


@contextmanager
def before_database(url: str, *, latency_s: float = 0.05) -> Iterator[tuple[FaultProxy, str]]:
    """The same before PostgreSQL, which the embedded one serves on a socket in a folder."""
    parts = make_url(url)
    folder = unquote(str(parts.query.get("host", "")))

    def connect() -> Awaitable[Streams]:
        if folder.startswith("/"):
            return asyncio.open_unix_connection(str(Path(folder) / ".s.PGSQL.5432"))
        return asyncio.open_connection(parts.host, parts.port or 5432)

    with _running(connect, latency_s) as proxy:
        through = parts.set(host="127.0.0.1", port=proxy.port, query={})
        yield proxy, through.render_as_string(hide_password=False)
