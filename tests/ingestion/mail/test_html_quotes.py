import time

import pytest

from ingestion.mail.html_quotes import split_html
from ingestion.mail.html_text import html_to_text
from ingestion.mail.quoting import split_parts

WROTE = "On Tue, 10 Nov 2026 at 10:00 Alice &lt;<a href='mailto:a@example.com'>a@example.com</a>&gt; wrote:"


def _words(source: str) -> list[str]:
    return html_to_text(source).split() if source else []


def _split(source: str) -> tuple[list[str], list[str]]:
    new, quoted = split_html(source)
    return _words(new), _words(quoted)


@pytest.mark.parametrize(
    "quotation",
    [
        f"<div class='gmail_quote'><div class='gmail_attr'>{WROTE}<br></div>"
        "<blockquote class='gmail_quote'>OLD</blockquote></div><br>",
        "<div class='gmail_quote'>Dixit Alicia die Martis:<blockquote class='gmail_quote'>OLD</blockquote></div>",
        f"<div class='moz-cite-prefix'>{WROTE}</div><blockquote type='cite' cite='mid:x'><p>OLD</p></blockquote>",
        f"<br><div><blockquote type='cite'><div>{WROTE}</div><div>OLD</div></blockquote></div>",
        f"<p>{WROTE}</p><blockquote>OLD</blockquote>",
        '<p>10.11.2026, 10:00, "Alice" &lt;a@example.com&gt;:</p><blockquote>OLD</blockquote>',
        f"<div class='protonmail_quote'>{WROTE}<br><blockquote class='protonmail_quote'>OLD</blockquote></div>",
        f"<div id='ydp1yahoo_quoted_123' class='ydp1yahoo_quoted'><div>{WROTE}</div><div>OLD</div></div>",
        f"<div class='zmail_extra'>{WROTE}<blockquote>OLD</blockquote></div>",
        f"<div name='quote'>{WROTE}<div>OLD</div></div>",
        "<div id='appendonsend'></div><hr><div id='divRplyFwdMsg'><b>Von:</b> Alice<br></div><div>OLD</div>",
        "<div id='x_divRplyFwdMsg'>Quisquam: Alice</div><div>OLD</div>",
        "<div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Alice<br><b>Sent:</b> Tuesday<br>"
        "<b>To:</b> Bob<br><b>Subject:</b> x</p></div><p>OLD</p>",
        "<hr id='stopSpelling'>Date: Tue, 10 Nov 2026<br>From: a@example.com<br><br>OLD",
        "<hr id='zwchr'><b>Od: </b>Alice<br>OLD",
        "<span id='OLK_SRC_BODY_SECTION'><div>From: Alice</div>OLD</span>",
        "<p>-----Ursprüngliche Nachricht-----</p><p>OLD</p>",
        "<blockquote style='border-left:1px solid blue'>OLD</blockquote>",
    ],
)
def test_what_mail_programs_mark_as_quoted_is_split_off(quotation: str) -> None:
    new, quoted = _split(f"<html><body><p>Where <b>is</b> it?</p>{quotation}</body></html>")
    assert new == ["Where", "is", "it?"]
    assert "OLD" in quoted
    assert "Where" not in quoted


def test_answers_between_quotations_are_new() -> None:
    source = (
        f"<div>Hi</div><div class='gmail_quote'><div class='gmail_attr'>{WROTE}</div><blockquote class='gmail_quote'>"
        "one?</blockquote><div>yes</div><blockquote class='gmail_quote'>two?</blockquote><div>no</div></div>"
    )
    new, quoted = _split(source)
    assert new == ["Hi", "yes", "no"]
    assert quoted[-2:] == ["one?", "two?"]


def test_lists_and_tables_of_a_quotation_leave_nothing_behind() -> None:
    quotation = "<ul><li>x</li></ul><table border=1><tr><td>y</td></tr></table>"
    assert _split(f"<ul><li>a</li></ul><blockquote type=cite>{quotation}</blockquote>")[0] == ["*", "a"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<",
        "plain words",
        "<p>Only this</p>",
        "<p>a</p><blockquote>indented by me</blockquote><p>b</p>",
        "<blockquote type=cite>everything is marked</blockquote>",
    ],
)
def test_where_nothing_is_quoted_nothing_changes(source: str) -> None:
    assert split_html(source) == (source, "")


def test_a_mail_that_only_forwards_keeps_what_it_forwards() -> None:
    forwarded = (
        "<div class='gmail_quote'>---------- Forwarded message ---------<br>From: Carol &lt;c@example.com&gt;<br>"
        "Date: Tue<br>Subject: Shoes<br><br><div>My shoes broke.</div></div>"
    )
    assert _split(forwarded)[0] == ["My", "shoes", "broke."]
    assert _split(f"<p>FYI</p>{forwarded}")[0][-3:] == ["My", "shoes", "broke."]
    assert _split(f"<p>My neighbour has sent me this.</p>{forwarded}")[0][-1] == "this."


def test_a_reply_without_a_word_has_no_new_text() -> None:
    assert (
        _split(f"<div class='gmail_quote'>{WROTE}<blockquote class='gmail_quote'>OLD</blockquote></div>")[0]
        == []
    )


@pytest.mark.parametrize(
    "mark",
    ["class='gmail_signature'", "id='Signature'", "data-signatureblock='true'", "class='moz-signature'"],
)
def test_a_marked_signature_is_known_in_the_text(mark: str) -> None:
    source = (
        f"<div>Where is it?</div><div {mark}>Bob<br>Example Ltd</div><blockquote type=cite>OLD</blockquote>"
    )
    parts = split_parts(html_to_text(split_html(source)[0]))
    assert parts.new_text == "Where is it?"
    assert parts.signature.split() == ["--", "Bob", "Example", "Ltd"]


def test_a_text_below_a_marked_signature_is_not_lost_in_it() -> None:
    source = "<div>Hi</div><div class='gmail_signature'>Bob</div><div>One more thing.</div>"
    assert split_html(source) == (source, "")


@pytest.mark.parametrize(
    "source",
    [
        "<p>a</p><blockquote type=cite>OLD",
        "<p>a<blockquote type=cite><div>OLD</p></div></div>",
        "<?xml version='1.0' encoding='UTF-8'?><p>a</p><blockquote type=cite>OLD</blockquote>",
        "<p>a</p>\x00<blockquote type=cite>OLD</blockquote>",
        "a<!-- x --><blockquote type=cite>OLD<!-- y --></blockquote>",
    ],
)
def test_broken_html_is_read_as_it_can_be(source: str) -> None:
    assert _split(source) == (["a"], ["OLD"])


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<blockquote>x</blockquote>",
        "<div class=gmail_quote>",
        "x<br>",
        "<b>x",
        "<",
        "<table><tr><td>",
        "&lt;",
    ],
)
def test_a_million_hostile_characters_are_split_in_seconds(piece: str) -> None:
    started = time.process_time()
    split_html(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 12
