"""uvicorn with the product's application, for `deskfleet web` and `deskfleet up`."""

import socket
import ssl
import threading
from collections.abc import Callable

import uvicorn
from anyio import to_thread

from console import open_pages
from deskfleet.web import create_app
from runtime import memory, telemetry
from runtime.errors import SettingError
from runtime.language import identify
from runtime.settings import settings

_THREADS = 16
_MOST_FRAME_BYTES = 65_536  # A chat frame has at most 16 kB; uvicorn would read 16 MB.


def _speak_newest_tls(config: uvicorn.Config) -> None:
    """Raises SettingError when the file is not what it should be."""
    try:
        config.load()
    except OSError as error:  # Also what is wrong within the file.
        raise SettingError(f"The setting DESKFLEET_TLS_CERTIFICATE is wrong: {error}.") from None
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3


class Server(uvicorn.Server):
    """Calls `on_ready` once it serves, and lets go of live pages before it stops."""

    def __init__(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        web = settings().web
        config = uvicorn.Config(
            create_app(),
            host=web.host,
            port=web.port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            ws_max_size=_MOST_FRAME_BYTES,
            timeout_graceful_shutdown=5,
            ssl_certfile=web.tls_certificate,
        )
        if web.tls_certificate:
            _speak_newest_tls(config)
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # More threads than this only wait for the interpreter's lock and for one another (measured).
        limiter = to_thread.current_default_thread_limiter()
        limiter.total_tokens = _THREADS
        telemetry.watch_threads(lambda: limiter.borrowed_tokens, _THREADS)
        # Or the first message would wait half a second for the tables of languages.
        threading.Thread(target=identify, args=("Bonjour",), name="languages", daemon=True).start()
        await super().startup(sockets)
        memory.settle()
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        open_pages.close_all()
        await super().shutdown(sockets)
