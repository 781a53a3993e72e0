"""A shop's own site on another origin, which embeds the chat by one tag under a strict policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A shop</title>
<link rel="stylesheet" href="/shop.css">
<script src="http://{desk}/widget.js" {attributes} defer></script></head>
<body><h1>Lamps</h1><p>Lamps for every room.</p><button>Buy</button> <a href="/other">More</a></body>
</html>"""
# What a shop's own style must not do to the chat.
_STYLE = """
html { font-size: 10px; } button { background: red !important; font-size: 40px; } * { box-sizing: content-box; }
body { font-family: serif; margin: 2rem; min-height: 150vh; } p { margin: 5rem; }
"""


@dataclass
class HostPage:
    """`attributes` are those of the script's tag; a page is made of them when it is asked for."""

    port: int
    desk: str = ""
    attributes: str = ""
    language: str = "en"

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; script-src http://{self.desk}; style-src 'self'; "
            f"connect-src http://{self.desk} ws://{self.desk}; require-trusted-types-for 'script'"
        )


@contextmanager
def a_host_page() -> Iterator[HostPage]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            style = self.path == "/shop.css"
            page = _PAGE.format(desk=host.desk, attributes=host.attributes, language=host.language)
            self.send_response(404 if self.path == "/favicon.ico" else 200)
            self.send_header("Content-Type", "text/css" if style else "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", host.policy)
            self.end_headers()
            self.wfile.write((_STYLE if style else page).encode())

        def log_message(self, *_args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = HostPage(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield host
        server.shutdown()
