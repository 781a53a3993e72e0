"""A Pinecone index over loopback HTTP: keeps vectors by namespace, ranks by cosine, filters, has limits, fails."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from tests.stubs.pinecone_filters import matches

KEY = "pcsk_key-of-the-stub"
DIMENSIONS = 384
MOST_AT_ONCE = 1_000
MOST_BYTES = 2 * 1024 * 1024
MOST_METADATA = 40 * 1024
_PAGE = 100

Json = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """What a request meets in place of an answer. `taken_first`: it has its effect all the same."""

    status: int = 503
    retry_after: str = ""
    taken_first: bool = False
    silent_s: float = 0.0
    cut: bool = False
    only: str = ""  # Paths that begin so; others are served meanwhile.


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Json
    at: float


class _Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class PineconeStub:
    """A server on a free loopback port, running while entered. `troubles` is worked off, then all goes well.

    `counts_late`: so many counts tell of nothing new yet. `before` is called at each request, to look or to wait.
    """

    namespaces: dict[str, dict[str, Json]] = field(default_factory=dict)
    troubles: deque[Trouble] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    counts_late: int = 0
    before: Callable[[Received], None] = lambda _request: None

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
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

    @property
    def settings(self) -> dict[str, str]:
        """The variables of a desk that uses this index."""
        prefix = "DESKFLEET_KNOWLEDGE"
        return {
            f"{prefix}_STORE": "pinecone",
            f"{prefix}_PINECONE_HOST": self.url,
            f"{prefix}_PINECONE_KEY": KEY,
        }

    @property
    def stored(self) -> dict[str, Json]:
        """All vectors by id; there must be one namespace at most."""
        filled = [held for held in self.namespaces.values() if held]
        assert len(filled) <= 1, list(self.namespaces)
        return filled[0] if filled else {}

    def then(self, *troubles: Trouble) -> None:
        self.troubles.extend(troubles)

    def sent(self, path: str) -> list[Json]:
        """The bodies of all requests to a path."""
        return [one.body for one in self.received if one.path == path]

    def answer(self, request: Received, size: int, key: str) -> tuple[Trouble | None, int, Json]:
        self.before(request)
        with self._lock:
            self.received.append(request)
            trouble = self._next_trouble(request.path)
            if trouble is not None and not trouble.taken_first:
                said: tuple[int, Json] = (trouble.status, _error(trouble.status, "The stub is in trouble."))
            else:
                said = self._respond(request, size, key)
                if trouble is not None:
                    said = (trouble.status, _error(trouble.status, "The stub is in trouble."))
        if trouble is not None:
            self._stopping.wait(trouble.silent_s)
        return trouble, *said

    def _next_trouble(self, path: str) -> Trouble | None:
        if self.troubles and path.startswith(self.troubles[0].only):
            return self.troubles.popleft()
        return None

    def _respond(self, request: Received, size: int, key: str) -> tuple[int, Json]:
        served: dict[str, Callable[[Received], Json]] = {
            "/vectors/upsert": self._upsert,
            "/query": self._query,
            "/vectors/delete": self._delete,
            "/vectors/fetch": self._fetch,
            "/vectors/list": self._list,
            "/describe_index_stats": self._stats,
        }
        try:
            if key != KEY:
                raise _Refusal(401, "Invalid API Key")
            if size > MOST_BYTES:
                raise _Refusal(413, "Request size exceeds the maximum of 2MB")
            if request.method == "DELETE" and request.path.startswith("/namespaces/"):
                return 200, self._drop(unquote(request.path.removeprefix("/namespaces/")))
            return 200, served[request.path](request)
        except _Refusal as refusal:
            return refusal.status, _error(refusal.status, refusal.message)

    def _upsert(self, request: Received) -> Json:
        vectors = request.body["vectors"]
        if len(vectors) > MOST_AT_ONCE:
            raise _Refusal(400, f"Request exceeds the maximum of {MOST_AT_ONCE} vectors")
        for one in vectors:
            _check(one)
        held = self.namespaces.setdefault(request.body.get("namespace", ""), {})
        for one in vectors:
            held[one["id"]] = {**one, "values": np.array(one["values"], np.float32)}
        return {"upsertedCount": len(vectors)}

    def _query(self, request: Received) -> Json:
        body = request.body
        held = self.namespaces.get(body.get("namespace", ""), {})
        asked = np.array(body["vector"], np.float32)
        if asked.shape != (DIMENSIONS,):
            raise _Refusal(400, f"Vector dimension {len(asked)} does not match the index")
        able = [one for one in held.values() if matches(body.get("filter") or {}, one.get("metadata", {}))]
        scored = sorted(((_cosine(asked, one["values"]), one["id"]) for one in able), key=lambda s: -s[0])
        found = [{"id": name, "score": score, "values": []} for score, name in scored[: body["topK"]]]
        return {"matches": found, "namespace": body.get("namespace", ""), "usage": {"readUnits": 1}}

    def _delete(self, request: Received) -> Json:
        body = request.body
        if body.get("namespace", "") not in self.namespaces:
            raise _Refusal(404, "Namespace not found")
        held = self.namespaces[body["namespace"]]
        if len(body.get("ids", [])) > MOST_AT_ONCE:
            raise _Refusal(400, f"Cannot delete more than {MOST_AT_ONCE} ids at once")
        for name in list(held) if body.get("deleteAll") else body["ids"]:
            held.pop(name, None)
        return {}

    def _drop(self, name: str) -> Json:
        if self.namespaces.pop(name, None) is None:
            raise _Refusal(404, "Namespace not found")
        return {}

    def _fetch(self, request: Received) -> Json:
        (name,) = request.query["namespace"]
        held = self.namespaces.get(name, {})
        shown = {
            one: {**held[one], "values": held[one]["values"].tolist()}
            for one in request.query["ids"]
            if one in held
        }
        return {"vectors": shown, "namespace": name, "usage": {"readUnits": 1}}

    def _list(self, request: Received) -> Json:
        (name,) = request.query["namespace"]
        if name not in self.namespaces:
            raise _Refusal(404, "Namespace not found")
        start = int(request.query.get("paginationToken", ["0"])[0])
        names = sorted(self.namespaces[name])
        page: Json = {"vectors": [{"id": one} for one in names[start : start + _PAGE]], "namespace": name}
        if start + _PAGE < len(names):
            page["pagination"] = {"next": str(start + _PAGE)}
        return page

    def _stats(self, _request: Received) -> Json:
        late = self.counts_late > 0
        self.counts_late -= late
        counts = {name: {"vectorCount": 0 if late else len(held)} for name, held in self.namespaces.items()}
        total = sum(one["vectorCount"] for one in counts.values())
        return {"namespaces": counts, "dimension": DIMENSIONS, "indexFullness": 0, "totalVectorCount": total}


def _check(vector: Json) -> None:
    if len(vector["values"]) != DIMENSIONS:
        raise _Refusal(400, f"Vector dimension {len(vector['values'])} does not match the index {DIMENSIONS}")
    if not any(vector["values"]):
        raise _Refusal(400, "Dense vectors must contain at least one non-zero value")
    known = vector.get("metadata", {})
    if len(json.dumps(known)) > MOST_METADATA:
        raise _Refusal(400, "Metadata size exceeds the limit of 40960 bytes per vector")
    if not all(isinstance(value, str | int | float | bool) for value in known.values()):
        raise _Refusal(400, "Metadata value must be a string, number, boolean or list of strings")


def _cosine(first: Any, second: Any) -> float:
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


def _error(status: int, message: str) -> Json:
    return {"code": status, "message": message, "details": []}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    stub: PineconeStub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the standard library
        """Quiet."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        body = json.loads(raw) if raw else {}
        request = Received(self.command, address.path, parse_qs(address.query), body, time.monotonic())
        stub = cast(_Server, self.server).stub
        try:
            self._send(*stub.answer(request, len(raw), self.headers.get("Api-Key", "")))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The client gave up first, which some tests are about.

    def _send(self, trouble: Trouble | None, status: int, body: Json) -> None:
        if trouble is not None and trouble.cut:
            self.close_connection = True
            return
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if trouble is not None and trouble.retry_after:
            self.send_header("Retry-After", trouble.retry_after)
        self.end_headers()
        self.wfile.write(content)
