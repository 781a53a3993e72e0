"""An S3 bucket over loopback HTTP: keeps objects, wants every request signed (SigV4), and fails on demand."""

import hashlib
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "a secret of the stub"
REGION = "eu-central-1"
BUCKET = "desk"

_SIGNED = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/{REGION}/s3/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*\bhost\b[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)
_DATE = "%a, %d %b %Y %H:%M:%S GMT"


@dataclass(frozen=True)
class Trouble:
    """What a request meets in place of the bucket. `half`: the content breaks off in the middle."""

    status: int = 503
    code: str = "SlowDown"
    body: bytes | None = None
    half: bool = False


@dataclass
class S3Stub:
    """A server on a free loopback port, running while entered. `troubles` is worked off, one for each request."""

    objects: dict[str, bytes] = field(default_factory=dict)
    put_at: dict[str, datetime] = field(default_factory=dict)
    troubles: deque[Trouble] = field(default_factory=deque)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{BUCKET}/files"

    def age(self, by: timedelta) -> None:
        """All objects become older."""
        self.put_at = {name: at - by for name, at in self.put_at.items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stub: S3Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the standard library
        """Quiet."""

    @property
    def _stub(self) -> S3Stub:
        return cast(_Server, self.server).stub

    def do_PUT(self) -> None:
        name, content = self._begin()
        if name and hashlib.sha256(content).hexdigest() != self.headers.get("x-amz-content-sha256"):
            self._refuse(400, "XAmzContentSHA256Mismatch")
        elif name:
            self._stub.objects[name] = content
            self._stub.put_at[name] = datetime.now(UTC)
            self._answer(200, headers={"ETag": '"made-up"'})

    def do_GET(self) -> None:
        name, _content = self._begin()
        if name == f"/{BUCKET}":
            self._list()
        elif name:
            self._give(name, whole=True)

    def do_HEAD(self) -> None:
        name, _content = self._begin()
        if name:
            self._give(name, whole=False)

    def do_DELETE(self) -> None:
        name, _content = self._begin()
        if name:
            self._stub.objects.pop(name, None)
            self._answer(204)

    def _begin(self) -> tuple[str, bytes]:
        """The object's name and what was sent; no name when the request was answered already."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = unquote(urlsplit(self.path).path).rstrip("/")
        self._stub.requests.append((self.command, name))
        if not _SIGNED.fullmatch(self.headers.get("Authorization", "")):
            self._refuse(403, "AccessDenied")
            return "", b""
        if not name.startswith(f"/{BUCKET}"):
            self._refuse(404, "NoSuchBucket")
            return "", b""
        if self._stub.troubles:
            self._trouble(self._stub.troubles.popleft(), name)
            return "", b""
        return name, content

    def _trouble(self, trouble: Trouble, name: str) -> None:
        if trouble.half:
            whole = self._stub.objects[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
            self.close_connection = True
        elif trouble.body is not None:
            self._answer(trouble.status, trouble.body, kind="application/xml")
        else:
            self._refuse(trouble.status, trouble.code)

    def _give(self, name: str, *, whole: bool) -> None:
        content = self._stub.objects.get(name)
        if content is None:
            self._refuse(404, "NoSuchKey")
            return
        headers = {"ETag": '"made-up"', "Last-Modified": self._stub.put_at[name].strftime(_DATE)}
        self._answer(200, content, headers=headers, kind="application/octet-stream", body=whole)

    def _list(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        prefix = f"/{BUCKET}/{query.get('prefix', [''])[0]}"
        found = [name for name in sorted(self._stub.objects) if name.startswith(prefix)]
        rows = "".join(
            f"<Contents><Key>{escape(name.removeprefix(f'/{BUCKET}/'))}</Key>"
            f"<LastModified>{self._stub.put_at[name]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>x</ETag><Size>{len(self._stub.objects[name])}</Size></Contents>"
            for name in found
        )
        document = (
            f"<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{len(found)}</KeyCount>"
            f"<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        )
        self._answer(200, document.encode(), kind="application/xml")

    def _refuse(self, status: int, code: str) -> None:
        document = f"<Error><Code>{code}</Code><Message>no</Message><Resource>/</Resource></Error>"
        self._answer(status, document.encode(), kind="application/xml", body=self.command != "HEAD")

    def _answer(
        self,
        status: int,
        content: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        kind: str = "",
        body: bool = True,
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if kind:
            self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)
