"""Tokens and webhook signatures."""

import hashlib
import hmac

import pytest

from runtime import signing

KEY = b"k" * 32


def test_a_token_comes_back_as_it_was() -> None:
    token = signing.sign(KEY, "visitor", {"id": "v1"}, valid_s=60)
    payload = signing.verify(KEY, "visitor", token)
    assert payload is not None
    assert payload["id"] == "v1"


def test_a_token_is_good_for_its_purpose_alone() -> None:
    token = signing.sign(KEY, "visitor", {"id": "v1"}, valid_s=60)
    assert signing.verify(KEY, "session", token) is None


def test_a_stale_token_is_refused() -> None:
    assert signing.verify(KEY, "visitor", signing.sign(KEY, "visitor", {}, valid_s=-1)) is None


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "é.é", "....", "e30.e30"])
def test_nonsense_is_refused(token: str) -> None:
    assert signing.verify(KEY, "visitor", token) is None


def test_a_changed_payload_is_refused() -> None:
    _body, _, signature = signing.sign(KEY, "visitor", {"id": "v1"}, valid_s=60).partition(".")
    other, _, _signature = signing.sign(b"x" * 32, "visitor", {"id": "v2"}, valid_s=60).partition(".")
    assert signing.verify(KEY, "visitor", f"{other}.{signature}") is None


def test_a_webhooks_signature_is_of_the_raw_body() -> None:
    good = hmac.new(KEY, b'{"a": 1}', hashlib.sha256).hexdigest()
    assert signing.matches(KEY, b'{"a": 1}', good)
    assert not signing.matches(KEY, b'{"a":1}', good)
    assert not signing.matches(KEY, b'{"a": 1}', "ü")
