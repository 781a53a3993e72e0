"""An OAuth 2.0 server on loopback: gives access tokens for a refresh token, and says whose a token is."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


@dataclass
class OAuthServer:
    """`answers` are (status, body) still to be given in turn; afterwards every right request gets a new token."""

    url: str = ""
    user: str = "support"
    refresh_token: str = "refresh-0"
    rotates: bool = False
    expires_in: object = 3600
    answers: list[tuple[int, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def token_info(self) -> str:
        return f"{self.url}/tokeninfo?access_token="

    def give(self, form: dict[str, str]) -> tuple[int, str]:
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return 400, json.dumps({"error": "invalid_grant", "error_description": "secret words"})
        token = f"access-{len(self.asked)}"
        self.valid.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotates:
            self.refresh_token = f"refresh-{len(self.asked)}"
            answer["refresh_token"] = self.refresh_token
        return 200, json.dumps(answer)

    def tell(self, token: str) -> tuple[int, str]:
        if token in self.valid:
            return 200, json.dumps({"user": self.user, "expires_in": 3600})
        return 400, json.dumps({"error": "invalid_token"})


@contextmanager
def running_oauth() -> Iterator[OAuthServer]:
    """Start a server and stop it at the end."""
    oauth = OAuthServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(*oauth.give(dict(parse_qsl(body))))

        def do_GET(self) -> None:
            self._answer(*oauth.tell(self.path.rpartition("=")[2]))

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("location", text)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    oauth.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield oauth
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
