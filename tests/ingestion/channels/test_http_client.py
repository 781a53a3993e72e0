import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from ingestion.channels import http_client
from ingestion.channels.http_client import Answer, harmless, judge, request, retry_after, until
from runtime.errors import FateUnknown, Permanent, Retryable
from tests.ingestion.channels.platforms import configured
from tests.servers.dovecot import free_port
from tests.stubs import vendor_stub
from tests.stubs.vendor_stub import Received, VendorStub


class Echo(VendorStub):
    def respond(self, request: Received) -> vendor_stub.Answer:
        return vendor_stub.Answer(200, {"path": request.path, "body": request.body})


@pytest.fixture
def stub() -> Iterator[Echo]:
    with Echo() as running, configured({}):
        yield running


def an_answer(status: int, *, method: str = "POST", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(method, "api.example.com", status, named, b"{}")


def test_a_request_is_answered(stub: Echo) -> None:
    answer = request("POST", f"{stub.url}/a", headers={"X-One": "1"}, body={"b": 2})
    assert (answer.status, answer.json()) == (200, {"path": "/a", "body": {"b": 2}})
    assert stub.received[0].headers["x-one"] == "1"


def test_a_connection_is_used_again(stub: Echo) -> None:
    opened: list[object] = []
    original = stub._server.process_request

    def count(request: object, address: object) -> None:
        opened.append(address)
        original(request, address)  # type: ignore[arg-type]  # socketserver's own

    stub._server.process_request = count  # type: ignore[method-assign, assignment]  # counts connections
    for _ in range(5):
        request("POST", stub.url, headers={}, body={})
    assert len(opened) == 1


def test_what_never_left_may_be_sent_again() -> None:
    with configured({}), pytest.raises(Retryable, match=r"cannot be reached \(ConnectError\)"):
        request("POST", f"http://127.0.0.1:{free_port()}", headers={}, body={})


@pytest.mark.parametrize("answer", [vendor_stub.Answer(200, cut=True), vendor_stub.Answer(200, silent_s=2)])
def test_no_answer_after_a_send_leaves_its_fate_unknown(
    stub: Echo, answer: vendor_stub.Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "_ANSWER_S", 0.2)
    http_client.close()
    stub.then(answer)
    with pytest.raises(FateUnknown, match="not known"):
        request("POST", stub.url, headers={}, body={})
    assert len(stub.received) == 1


def test_a_question_may_always_be_asked_again(stub: Echo) -> None:
    stub.then(vendor_stub.Answer(200, cut=True))
    with pytest.raises(Retryable, match="gave no answer"):
        request("GET", stub.url, headers={})


def test_a_redirect_is_not_followed(stub: Echo) -> None:
    stub.then(vendor_stub.Answer(302, headers={"Location": f"{stub.url}/elsewhere"}))
    answer = request("GET", stub.url, headers={})
    assert (answer.status, len(stub.received)) == (302, 1)
    with pytest.raises(Retryable, match="answered 302"):
        judge(answer, "")


def test_a_token_that_no_header_can_hold_is_not_quoted(stub: Echo) -> None:
    for token in ("se\ncret", "sécret\u20ac"):
        with pytest.raises(Retryable) as caught:
            request("POST", stub.url, headers={"Authorization": token}, body={})
        assert "cret" not in caught.value.detail
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def _endless(listener: socket.socket, stop: threading.Event) -> None:
    connection, _address = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not stop.is_set():
            try:
                connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            except OSError:
                return


def test_an_answer_without_an_end_is_cut_and_its_status_counts() -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, configured({}):
        thread = threading.Thread(target=_endless, args=(listener, stop))
        thread.start()
        answer = request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}", headers={}, body={})
        stop.set()
        thread.join()
    assert (answer.status, len(answer.body)) == (201, http_client.MAX_ANSWER_BYTES)
    assert answer.json() == {}


@pytest.mark.parametrize(
    ("status", "method", "error"),
    [
        (400, "POST", Permanent),
        (403, "POST", Permanent),
        (404, "POST", Permanent),
        (401, "POST", Retryable),
        (408, "POST", Retryable),
        (429, "POST", Retryable),
        (503, "POST", Retryable),
        (500, "POST", FateUnknown),
        (502, "POST", FateUnknown),
        (504, "POST", FateUnknown),
        (500, "GET", Retryable),
    ],
)
def test_a_status_says_whether_to_send_again(status: int, method: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"^api\.example\.com answered {status}: no$"):
        judge(an_answer(status, method=method), "no")


def test_a_pause_is_read_from_a_number_or_a_date() -> None:
    assert retry_after(an_answer(429, retry_after="7")) == 7
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after(an_answer(429, retry_after=in_a_minute)) == pytest.approx(60, abs=3)
    assert retry_after(an_answer(429, retry_after="0")) == 1
    assert retry_after(an_answer(429, retry_after="99999999")) == 86_400
    for unreadable in ("", "soon", "-5", "1e9", "nan"):
        assert retry_after(an_answer(429, retry_after=unreadable)) is None
    with pytest.raises(Retryable) as caught:
        judge(an_answer(429, retry_after="7"), "")
    assert caught.value.retry_after_s == 7


def test_a_moment_is_read_from_its_epoch() -> None:
    assert until(str(int(time.time()) + 90)) == pytest.approx(90, abs=2)
    assert until("1") == 1
    assert until("9" * 12) == 86_400
    for unreadable in ("", "soon", "-1", "9" * 400):
        assert until(unreadable) is None


def test_a_vendors_words_are_made_harmless() -> None:
    secrets = (SecretStr("tok-1"), SecretStr(""))
    assert (
        harmless("Bad\x1b[31m token tok-1\n" + "x" * 500, secrets)
        == ("Bad [31m token *** " + "x" * 500)[:200]
    )
    assert harmless({"a": 1}, secrets) == ""
