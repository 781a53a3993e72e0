"""What the model vendors' stubs share: a loopback HTTP server and the script of what it does next."""

import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Behaviour:
    """What the server does with one request. Made by the functions below, altered with `replace`."""

    answer: str = ""
    plain: bool = False  # The answer as ordinary text, not as the arguments of the tool.
    stop: str = ""  # The vendor's own word for why it stopped; empty: the usual one.
    status: int = 200
    retry_after: str = ""
    first_token_after_s: float = 0.0
    piece_every_s: float = 0.0
    ping_every_s: float = 0.0
    cut_after: int = -1  # Pieces sent before the connection is dropped; negative: all.
    raw_body: str = ""  # Sent as it is, in place of the events.
    tool: str = ""  # Which of several tools is called; empty: the first.
    input_tokens: int = 100
    output_tokens: int = 20
    cache_read: int = 0
    cache_write: int = 0

    def pieces(self) -> list[str]:
        """The answer as a model streams it: a few characters at a time."""
        return [self.answer[at : at + 12] for at in range(0, len(self.answer), 12)]


def ok(value: Json | str) -> Behaviour:
    """A valid structured answer."""
    return Behaviour(value if isinstance(value, str) else json.dumps(value))


def tool_call(name: str, **arguments: Any) -> Behaviour:
    """A call of one of the tools that were offered."""
    return Behaviour(json.dumps(arguments), tool=name)


def text(answer: str) -> Behaviour:
    """Ordinary text, no tool call."""
    return Behaviour(answer, plain=True)


def status(code: int, *, retry_after: str = "") -> Behaviour:
    """An HTTP error in the vendor's form."""
    return Behaviour(status=code, retry_after=retry_after)


def slow(value: Json, *, first_token_after_s: float, ping_every_s: float = 0.0) -> Behaviour:
    """Silent, but for pings where the vendor sends them, until the first token."""
    return replace(ok(value), first_token_after_s=first_token_after_s, ping_every_s=ping_every_s)


def dripping(value: Json, *, piece_every_s: float) -> Behaviour:
    """Starts at once and goes on for long."""
    return replace(ok(value), piece_every_s=piece_every_s)


def cut(value: Json, *, after_pieces: int = 1) -> Behaviour:
    """The connection is dropped in mid-stream."""
    return replace(ok(value), cut_after=after_pieces)


def malformed() -> Behaviour:
    """Arguments that are no JSON."""
    return ok('{"category": "shipping", "confiden')


def refusal() -> Behaviour:
    """The model declines."""
    return Behaviour("I cannot help with that.", plain=True, stop="refusal")


def empty() -> Behaviour:
    """A well-formed message with nothing in it."""
    return Behaviour()


def page(html: str) -> Behaviour:
    """Status 200 and a page: a proxy answers in the vendor's place."""
    return Behaviour(raw_body=html)


@dataclass(frozen=True)
class Received:
    """One request as it came in, header names in lower case. `tool`: the answer type asked for, or empty."""

    path: str
    headers: Mapping[str, str]
    body: Json
    tool: str


Chooser = Callable[[Received], Behaviour]


@dataclass
class ModelStub:
    """A server on a free loopback port, running while entered.

    `script` is worked off first, then `otherwise` decides.
    """

    otherwise: Chooser = lambda _request: empty()
    script: deque[Behaviour] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
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

    def then(self, *behaviours: Behaviour) -> None:
        """Add to the script."""
        self.script.extend(behaviours)

    def next_for(self, request: Received) -> Behaviour:
        with self._lock:
            self.received.append(request)
            return self.script.popleft() if self.script else self.otherwise(request)

    def wait(self, seconds: float) -> None:
        """A pause that ends at once when the stub is closed."""
        self._stopping.wait(seconds)

    def tool_of(self, body: Json) -> str:
        raise NotImplementedError

    def error(self, behaviour: Behaviour) -> Json:
        """The body of an HTTP error."""
        raise NotImplementedError

    def message(self, behaviour: Behaviour, request: Received) -> Json:
        """The whole answer, for a request that does not stream."""
        raise NotImplementedError

    def opening(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        """The events before the first token."""
        raise NotImplementedError

    def ping(self) -> str:
        raise NotImplementedError

    def piece(self, behaviour: Behaviour, request: Received, piece: str) -> str:
        raise NotImplementedError

    def closing(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        """The events after the last token."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stub: ModelStub

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that drops its connection is part of many tests; anything else is a fault of the stub."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # socketserver is loose here


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        stub = cast(_Server, self.server).stub
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.path, headers, body, stub.tool_of(body))
        behaviour = stub.next_for(request)
        try:
            self._respond(stub, behaviour, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The client gave up first, which some tests are about.

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the standard library
        """Quiet."""

    def _respond(self, stub: ModelStub, behaviour: Behaviour, request: Received) -> None:
        if behaviour.status != 200:
            self._send_whole(behaviour.status, json.dumps(stub.error(behaviour)), behaviour.retry_after)
        elif behaviour.raw_body:
            self._send_whole(200, behaviour.raw_body, "", "text/html")
        elif request.body.get("stream"):
            self._stream(stub, behaviour, request)
        else:
            stub.wait(behaviour.first_token_after_s)
            self._send_whole(200, json.dumps(stub.message(behaviour, request)), "")

    def _send_whole(self, code: int, content: str, retry_after: str, kind: str = "application/json") -> None:
        raw = content.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, stub: ModelStub, behaviour: Behaviour, request: Received) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk("".join(stub.opening(behaviour, request)))
        self._pause(stub, behaviour.first_token_after_s, behaviour.ping_every_s)
        for sent, piece in enumerate(behaviour.pieces()):
            if sent == behaviour.cut_after:
                self.close_connection = True
                return
            self._chunk(stub.piece(behaviour, request, piece))
            stub.wait(behaviour.piece_every_s)
        self._chunk("".join(stub.closing(behaviour, request)))
        self.wfile.write(b"0\r\n\r\n")

    def _pause(self, stub: ModelStub, seconds: float, ping_every_s: float) -> None:
        step = ping_every_s or seconds
        while seconds > 0:
            stub.wait(min(step, seconds))
            seconds -= step
            if ping_every_s:
                self._chunk(stub.ping())

    def _chunk(self, content: str) -> None:
        raw = content.encode()
        if raw:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))
            self.wfile.flush()
