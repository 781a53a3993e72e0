"""The HTTP server with a certificate: TLS 1.3 and nothing older."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskfleet.server import Server
from runtime.errors import SettingError
from runtime.settings import settings
from tests.certificates import make_certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "localhost")


@pytest.fixture
def port(database: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    monkeypatch.setenv("DESKFLEET_PORT", str(port))
    monkeypatch.setenv("DESKFLEET_TLS_CERTIFICATE", str(certificate))
    settings.cache_clear()
    server = Server()
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join()


def shaken(port: int, certificate: Path, most: ssl.TLSVersion) -> str | None:
    """The version that client and server agree on, when the client knows nothing newer than `most`."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.maximum_version = most
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert secured.recv(4096).startswith(b"HTTP/1.1 200")
        return secured.version()


def test_tls_13_is_spoken_and_nothing_older(port: int, certificate: Path) -> None:
    assert shaken(port, certificate, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        shaken(port, certificate, ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_is_none_stops_the_start(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "wrong.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("DESKFLEET_TLS_CERTIFICATE", str(file))
    settings.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_TLS_CERTIFICATE"):
        Server()
