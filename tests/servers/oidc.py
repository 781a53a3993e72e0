"""A small OpenID Connect provider on loopback: code with PKCE, keys that change, tokens as they are told."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


@dataclass
class Provider:
    """`person` are the claims of whoever logs in; `changes` are put over those of the ID token, None leaves one out."""

    client_id: str = "desk"
    client_secret: str = "a secret of the client"
    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "u-1", "email": "bob@example.com", "email_verified": True, "name": "Bob"
        }
    )  # fmt: skip
    changes: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    is_down: bool = False

    def __post_init__(self) -> None:
        self.change_key()

    def change_key(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = secrets.token_hex(4)

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to, once its owner has logged in."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def documents(self) -> dict[str, dict[str, Any]]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [public | {"kid": self.kid, "use": "sig", "alg": "RS256"}]},
        }

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)  # A code serves once.
        login = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (
            asked is not None
            and authorization == f"Basic {login}"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not is_right or asked is None:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 60, "nonce": nonce}
        whole = {name: one for name, one in (claims | self.person | self.changes).items() if one is not None}
        key: Any = (
            self.key if self.algorithm == "RS256" else (b"k" * 64 if self.algorithm == "HS256" else None)
        )
        return jwt.encode(whole, key, algorithm=self.algorithm, headers={"kid": self.kid})


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server asks for
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            if path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(query).items()}
                self.send_response(303)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            else:
                found = provider.documents().get(path)
                self._answer(503 if provider.is_down else 200 if found else 404, found or {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            self._answer(*provider.exchange(dict(parse_qsl(body)), self.headers.get("authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Nothing: a test reads the answers."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
