"""A TCP proxy that cuts the line after so many bytes from the server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass
class Proxy:
    """`cut_after` bytes from the server the line breaks, once; None: never. `passed` counts them."""

    port: int
    cut_after: int | None = None
    cuts: int = 0
    passed: int = 0


@contextmanager
def proxy_to(port: int, *, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Before a server of this machine; `host` is another of its own addresses to be met at."""
    with socket.create_server((host, 0)) as listener:
        proxy = Proxy(listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, port, proxy), daemon=True).start()
        yield proxy
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, proxy: Proxy) -> None:
    with suppress(OSError):
        while True:
            client, _address = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            threading.Thread(target=_pump, args=(server, client, proxy), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, proxy: Proxy | None = None) -> None:
    passed = 0
    with source, suppress(OSError):
        while data := source.recv(4096):
            passed += len(data)
            if proxy:
                proxy.passed += len(data)
            if proxy and proxy.cut_after is not None and passed > proxy.cut_after:
                target.sendall(data[: len(data) // 2])
                proxy.cut_after = None
                proxy.cuts += 1
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
