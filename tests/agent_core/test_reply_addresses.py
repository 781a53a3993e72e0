"""Links and mail addresses are found however they are written."""

import time

import pytest

from agent_core.reply_addresses import addresses_in, unknown_address


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See https://WWW.Example.com/Path/.", ["example.com/Path"]),
        ("See www.example.com, example.com and http://example.com/", ["example.com"] * 3),
        ("Write to Alice@Example.com.", ["alice@example.com"]),
        ("[x](/a/b) ![y](http://example.org/i.png)", ["example.org/i.png", "/a/b", "example.org/i.png"]),
        ("bob [at] example [dot] com", ["bob@example.com"]),
        ("It costs 3.50 e.g. in U.S.A.then", []),
        ("", []),
    ],
)
def test_addresses_are_found(text: str, addresses: list[str]) -> None:
    assert list(addresses_in(text)) == addresses


def test_a_host_that_only_looks_like_an_allowed_one_is_unknown() -> None:
    allowed = {"example.com"}
    assert unknown_address("https://help.example.com:8443/x", "", allowed=allowed) is None
    assert unknown_address("https://example.com.evil.org/x", "", allowed=allowed) == "example.com.evil.org/x"
    assert unknown_address("https://example.com@evil.org/x", "", allowed=allowed) is not None
    assert unknown_address("https://notexample.com", "", allowed=allowed) == "notexample.com"
    assert unknown_address("http://[::1/x", "", allowed=allowed) is not None


@pytest.mark.parametrize(
    "text", ["a." * 50_000, "https://" * 20_000, "](" * 50_000, "a@" * 50_000, "a-" * 50_000]
)
def test_hostile_replies_cost_no_time(text: str) -> None:
    began = time.perf_counter()
    list(addresses_in(text))
    assert time.perf_counter() - began < 2
