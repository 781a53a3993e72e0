"""A server of files on loopback, which tests reach under any name; nothing else can be reached meanwhile."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from runtime import fetching
from runtime.addresses import Address
from runtime.fetching import Reach


@dataclass(frozen=True)
class Page:
    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    endless: bool = False


@dataclass
class FileServer:
    """`asked` are path, Host and Authorization of what came in; `names` is what its TLS clients called it."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def url(self, path: str, *, host: str = "files.example.com", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def put(self, path: str, content: bytes = b"", *, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(status, content, named)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    files: FileServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        files = cast(_Server, self.server).files
        host, authorization = self.headers.get("Host", ""), self.headers.get("Authorization", "")
        files.asked.append((self.path, host, authorization))
        page = files.pages.get(self.path.partition("?")[0], Page(404))
        self.send_response(page.status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(page.content)
            while page.endless:
                self.wfile.write(bytes(65_536))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The client has had enough, which some tests are about.

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the standard library
        """Quiet."""


def _to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def is_loopback(address: Address) -> bool:
    return address.is_loopback


@contextmanager
def reaching(
    resolve: Callable[[str, int], Sequence[str]] = _to_loopback, *, tls: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Every name is this machine's, or what `resolve` says, and loopback is all that can be reached."""
    fetching.use_reach(Reach(resolve=resolve, allows=is_loopback, loopback=True, tls=tls))
    try:
        yield
    finally:
        fetching.use_reach(None)


@contextmanager
def running_files(*, tls: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.files = FileServer(server.server_address[1])
    if tls:
        tls.sni_callback = lambda _socket, name, _context: server.files.names.append(name or "")
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
