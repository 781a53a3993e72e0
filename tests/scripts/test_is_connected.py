"""A process that serves no HTTP is healthy while it holds its connection."""

import socket

from scripts import is_connected


def test_a_held_connection_is_seen_and_a_closed_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_connected.main(port) == 1
        with socket.create_connection(("127.0.0.1", port)):
            assert is_connected.main(port) == 0
    assert is_connected.main(port) == 1
