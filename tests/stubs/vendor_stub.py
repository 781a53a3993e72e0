"""What the help desks' stubs share: a loopback HTTP server that routes requests and fails on demand."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """One request as it came in, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True)
class Answer:
    """`taken_first`: the request has its effect although this answer is given in place of the vendor's own."""

    status: int
    body: Json = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    taken_first: bool = False
    silent_s: float = 0.0
    cut: bool = False  # The connection is dropped in place of an answer.
    raw: str = ""  # Sent in place of the body, as a page.


@dataclass
class VendorStub:
    """A server on a free loopback port, running while entered. `script` is worked off before `respond` decides."""

    script: deque[Answer] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def then(self, *answers: Answer) -> None:
        """Add to the script."""
        self.script.extend(answers)

    def respond(self, request: Received) -> Answer:
        """What the vendor does and says."""
        raise NotImplementedError

    def answer(self, request: Received) -> Answer:
        with self._lock:
            self.received.append(request)
            scripted = self.script.popleft() if self.script else None
            if scripted is None:
                return self.respond(request)
            if scripted.taken_first:
                self.respond(request)
        self._stopping.wait(scripted.silent_s)
        return scripted

    def written(self) -> list[tuple[str, str]]:
        """Method and path of the requests that change something."""
        return [(one.method, one.path) for one in self.received if one.method != "GET"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stub: VendorStub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the standard library
        """Quiet."""

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.command, address.path, query, headers, json.loads(raw) if raw else {})
        try:
            self._send(cast(_Server, self.server).stub.answer(request))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The client gave up first, which some tests are about.

    def _send(self, answer: Answer) -> None:
        if answer.cut:
            self.close_connection = True
            return
        content = (answer.raw or json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if answer.raw else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
