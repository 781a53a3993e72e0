"""The filters of the templates."""

from datetime import UTC, datetime

import pytest

from console.rendering import chips, initials, moment, safe_url


@pytest.mark.parametrize(
    "url", ["https://help.example.com/a?b=c#d", "http://127.0.0.1:8000/x", "/help/shipping"]
)
def test_web_addresses_and_own_paths_may_be_links(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:x", "java\nscript:x", "data:text/html,x",
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil", "https://", "mailto:a@b.example",
        "help", "https://[", "/a\x00b",
    ],
)  # fmt: skip
def test_everything_else_stays_text(url: str) -> None:
    assert safe_url(url) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Alice Bob", "AB"), ("Alice Bob Carol", "AC"), ("bob", "B"), ("", "?"), ("张伟", "张")],
)
def test_a_name_has_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_moment_is_readable_without_script() -> None:
    html = moment(datetime(2026, 11, 3, 14, 5, tzinfo=UTC))
    assert html == '<time datetime="2026-11-03T14:05:00+00:00" data-local>03 Nov 2026, 14:05 UTC</time>'


def test_only_what_was_sealed_becomes_a_chip() -> None:
    html = chips("Card [CREDIT_CARD 1], not [CREDIT_CARD 2].", {"[CREDIT_CARD 1]"}, "Sealed")
    assert html == 'Card <span class="seal" title="Sealed">Card number 1</span>, not [CREDIT_CARD 2].'
    assert chips("[CREDIT_CARD 1]", (), "Sealed") == "[CREDIT_CARD 1]"


def test_the_text_around_a_chip_is_escaped() -> None:
    html = chips("<b>[SECRET 1]</b>&", {"[SECRET 1]"}, '"><script>')
    assert html == (
        '&lt;b&gt;<span class="seal" title="&#34;&gt;&lt;script&gt;">Secret 1</span>&lt;/b&gt;&amp;'
    )
