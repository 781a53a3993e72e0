"""Fetching what a stranger names: the file if it is on a public host, and nothing from inside, by whatever way."""

import ssl
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from runtime import fetching
from runtime.errors import Permanent, Retryable
from runtime.fetching import Reach, fetch
from tests.certificates import make_certificate
from tests.file_server import FileServer, Page, is_loopback, reaching, running_files

MOST = 1_000


@pytest.fixture
def files() -> Iterator[FileServer]:
    with running_files() as server, reaching():
        yield server


def refused(url: str) -> str:
    with pytest.raises(Permanent) as error:
        fetch(url, max_bytes=MOST)
    return error.value.detail


def resolving_to(*addresses: str) -> None:
    fetching.use_reach(Reach(resolve=lambda _host, _port: addresses))


@pytest.fixture
def _public_again() -> Iterator[None]:
    yield
    fetching.use_reach(None)


def test_a_file_comes_with_its_name_and_the_type_that_the_server_states(files: FileServer) -> None:
    files.put("/a/box%20lid.png", b"PNG", Content_Type="image/png")
    found = fetch(files.url("/a/box%20lid.png?signature=s"), max_bytes=MOST)
    assert (found.name, found.type, found.content) == ("box lid.png", "image/png", b"PNG")
    assert files.asked == [("/a/box%20lid.png?signature=s", f"files.example.com:{files.port}", "")]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "169.254.169.254", "100.64.0.1", "::1", "::ffff:10.0.0.8", "fd00:ec2::254"],
)
@pytest.mark.usefixtures("_public_again")
def test_a_name_that_leads_inside_is_refused_even_beside_a_public_address(address: str) -> None:
    for found in ([address], ["93.184.216.34", address]):
        resolving_to(*found)
        assert refused("https://inside.example.com/a?secret=s") == "inside.example.com is not a public host."


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "127.1"]
)
def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    with pytest.raises((Permanent, Retryable)):
        fetch(f"https://{host}/", max_bytes=MOST)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/a", "ftp://files.example.com/a", "file:///etc/passwd", "gopher://files.example.com",
        "https://alice:secret@files.example.com/a", "https://alice@files.example.com/a", "https:///a", "a", "",
        "https://files.example.com:8443/a", "https://files.example.com:0/a", "https://files.example.com:x/a",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("_public_again")
def test_anything_but_https_at_its_port_without_a_password_is_refused_before_a_look_up(url: str) -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("looked up")

    fetching.use_reach(Reach(resolve=never))
    assert "secret" not in refused(url)


def test_each_redirect_is_checked_like_the_first_address(files: FileServer) -> None:
    inside = {"inside.example.com": "10.0.0.8"}
    with reaching(lambda host, _port: [inside.get(host, "127.0.0.1")]):
        files.put("/a", status=302, Location="http://inside.example.com/latest/meta-data")
        assert refused(files.url("/a")) == "inside.example.com is not a public host."
    for location in (
        "file:///etc/passwd",
        "//alice:secret@files.example.com/",
        "ftp://files.example.com/",
        "",
    ):
        files.put("/a", status=302, Location=location)
        assert "secret" not in refused(files.url("/a"))
    assert {path for path, _host, _authorization in files.asked} == {"/a"}


def test_three_redirects_are_followed_and_a_fourth_is_not(files: FileServer) -> None:
    files.put("/4", b"file")
    for step in range(4):
        files.put(f"/{step}", status=307, Location=f"/{step + 1}")
    assert fetch(files.url("/1"), max_bytes=MOST).content == b"file"
    assert "too many" in refused(files.url("/0"))


def test_credentials_go_to_the_host_that_they_are_for_and_not_along_a_redirect(files: FileServer) -> None:
    files.put("/a", status=302, Location=files.url("/b", host="cdn.example.com"))
    files.put("/b", b"file")

    def headers_for(url: str) -> dict[str, str]:
        return {"Authorization": "Basic token"} if "//files.example.com" in url else {}

    assert fetch(files.url("/a"), max_bytes=MOST, headers_for=headers_for).content == b"file"
    assert [(path, authorization) for path, _host, authorization in files.asked] == [
        ("/a", "Basic token"),
        ("/b", ""),
    ]


def test_with_allowed_hosts_every_host_on_the_way_is_among_them(files: FileServer) -> None:
    files.put("/a", status=302, Location=files.url("/b", host="cdn.example.net"))
    files.put("/b", b"file")
    found = fetch(files.url("/a"), max_bytes=MOST, allowed_hosts=("example.com", "cdn.example.net"))
    assert found.content == b"file"
    for hosts in (("example.com",), ("cdn.example.net",), ("les.example.com", "cdn.example.net")):
        with pytest.raises(Permanent, match="is not where such a file may be"):
            fetch(files.url("/a"), max_bytes=MOST, allowed_hosts=hosts)


def test_the_name_is_looked_up_once_so_that_it_cannot_change_after_the_check(files: FileServer) -> None:
    files.put("/a", b"file")
    answers = iter([["127.0.0.1"], ["10.0.0.8"]])
    with reaching(lambda _host, _port: next(answers)):
        assert fetch(files.url("/a"), max_bytes=MOST).content == b"file"
        assert next(answers) == ["10.0.0.8"]


def test_the_next_address_is_tried_where_one_takes_no_connection(files: FileServer) -> None:
    files.put("/a", b"file")
    with reaching(lambda _host, _port: ["::1", "127.0.0.1"]):
        assert fetch(files.url("/a"), max_bytes=MOST).content == b"file"
    with reaching(lambda _host, _port: ["::1"]), pytest.raises(Retryable, match="gave no answer"):
        fetch(files.url("/a"), max_bytes=MOST)


def test_a_file_over_the_limit_is_refused_by_what_it_says_and_by_what_it_sends(files: FileServer) -> None:
    files.put("/a", bytes(MOST))
    assert len(fetch(files.url("/a"), max_bytes=MOST).content) == MOST
    files.put("/a", bytes(MOST + 1))
    files.put("/b", b"", Content_Length=str(10**12))
    files.pages["/c"] = Page(endless=True)
    for path in ("/a", "/b", "/c"):
        assert refused(files.url(path)) == "It is larger than 1000 bytes."


def test_a_packed_body_is_refused_because_nobody_knows_its_size(files: FileServer) -> None:
    files.put("/a", b"\x1f\x8b", Content_Encoding="gzip")
    assert "packed" in refused(files.url("/a"))


def test_a_server_that_takes_too_long_is_left(files: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_WHOLE_S", 0.2)
    files.pages["/a"] = Page(endless=True)
    begun = time.monotonic()
    with pytest.raises(Retryable, match="too slow"):
        fetch(files.url("/a"), max_bytes=10**12)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("status", [204, 206, 304, 400, 403, 404, 410])
def test_what_is_refused_for_good_is_permanent_and_names_no_more_than_the_host(
    files: FileServer, status: int
) -> None:
    files.put("/private/a", status=status)
    assert refused(files.url("/private/a?signature=s")) == f"files.example.com answered {status}."


@pytest.mark.parametrize(
    ("status", "stated", "pause"), [(429, "7", 7.0), (503, "soon", None), (401, "", None)]
)
def test_what_may_pass_is_tried_again(
    files: FileServer, status: int, stated: str, pause: float | None
) -> None:
    files.put("/a", status=status, Retry_After=stated)
    with pytest.raises(Retryable) as error:
        fetch(files.url("/a?signature=s"), max_bytes=MOST)
    assert (error.value.detail, error.value.retry_after_s) == (f"files.example.com answered {status}.", pause)


def test_a_name_without_an_address_is_tried_again() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with reaching(nowhere), pytest.raises(Retryable, match=r"files\.example\.com has no address"):
        fetch("https://files.example.com/a?secret", max_bytes=MOST)


def test_tls_asks_for_the_name_and_trusts_no_certificate_of_another(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "files.example.com")
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    theirs = ssl.create_default_context(cafile=certificate)
    with running_files(tls=ours) as files, reaching(tls=theirs):
        files.put("/a", b"file")
        assert fetch(files.url("/a", scheme="https"), max_bytes=MOST).content == b"file"
        assert files.names == ["files.example.com"]
        with pytest.raises(Retryable, match=r"other\.example\.com gave no answer"):
            fetch(files.url("/a", scheme="https", host="other.example.com"), max_bytes=MOST)


def test_the_rule_for_tests_does_not_reach_beyond_this_machine() -> None:
    fetching.use_reach(Reach(resolve=lambda _host, _port: ["93.184.216.34"], loopback=True))
    try:
        assert refused("https://files.example.com/a") == "files.example.com is not on this machine."
    finally:
        fetching.use_reach(None)
    assert not is_loopback(ip_address("93.184.216.34"))
