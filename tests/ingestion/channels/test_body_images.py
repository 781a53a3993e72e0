"""Pictures in a text of HTML."""

import time

import pytest

from ingestion.channels.body_images import images_of


def test_each_picture_is_named_once_in_its_order() -> None:
    source = '<p>Hi<IMG src="https://a.example.com/2?x=1&amp;y=2"><img src=https://a.example.com/1 alt=x>'
    found = images_of(source + '<img src="https://a.example.com/1"><img><img src="">')
    assert found == ["https://a.example.com/2?x=1&y=2", "https://a.example.com/1"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "no markup",
        "<img src=http://a.example.com/1>",
        '<img src="data:image/png;base64,aa">',
        "<img src='https://['>",
    ],
)
def test_what_is_no_address_of_https_is_left_out(source: str) -> None:
    assert images_of(source) == []


@pytest.mark.parametrize("piece", ["<img ", "<!--", "<img src='", "<", "<a><img>", "<div>"])
def test_hostile_markup_takes_no_long_time(piece: str) -> None:
    begun = time.monotonic()
    images_of(piece * 100_000)
    assert time.monotonic() - begun < 5


def test_no_more_than_fifty_are_named() -> None:
    assert len(images_of("".join(f'<img src="https://a.example.com/{n}">' for n in range(200)))) == 50
