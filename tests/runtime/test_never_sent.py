"""What was not sent may be sent again; what may have been taken is told from it."""

import socket
import threading

import httpx
import pytest

from runtime.never_sent import NEVER_SENT


def test_nobody_at_the_other_end_or_no_address_means_that_nothing_was_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "nothing://example.com/", "http://[broken/"):
        with pytest.raises(NEVER_SENT):
            httpx.post(url, json={})


def test_a_connection_that_ends_without_an_answer_says_nothing_of_the_sort() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_and_hang_up() -> None:
            connection, _address = server.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=take_and_hang_up)
        thread.start()
        with pytest.raises(httpx.HTTPError) as caught:
            httpx.post(f"http://127.0.0.1:{server.getsockname()[1]}/", json={})
        thread.join()
    assert not isinstance(caught.value, NEVER_SENT)
