"""Who may have X's private files: the account, and nobody else learns its signature."""

import pytest

from ingestion.channels.x_files import file_headers
from tests.ingestion.channels.platforms import configured
from tests.stubs import x_stub


def test_a_private_file_is_asked_for_in_our_accounts_name() -> None:
    with configured(x_stub.SETTINGS):
        headers = file_headers("https://ton.twitter.com/1.1/ton/data/dm/1/2/a.jpg")
    assert headers["Authorization"].startswith("OAuth oauth_consumer_key=")


@pytest.mark.parametrize(
    "url",
    [
        "https://pbs.twimg.com/media/a.jpg",
        "http://ton.twitter.com/a.jpg",
        "https://ton.twitter.com:8443/a.jpg",
        "https://ton.twitter.com.example.com/a.jpg",
        "https://ton.twitter.com@example.com/a.jpg",
        "https://example.com/ton.twitter.com",
    ],
)
def test_no_other_host_is_told_who_asks(url: str) -> None:
    with configured(x_stub.SETTINGS):
        assert file_headers(url) == {}
