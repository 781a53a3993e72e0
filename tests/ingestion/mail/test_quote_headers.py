import pytest

from ingestion.mail.quoting import split_parts
from tests.ingestion.mail.quote_samples import ATTRIBUTIONS, BLOCKS, FORWARDS, ORIGINALS

TEXT = "Thank you, but where is it?\nIt was due on Monday."
HISTORY = "Hello Bob,\nit takes two days.\n\nAlice"
QUOTED = "\n".join(f"> {line}".rstrip() for line in HISTORY.split("\n"))


def _cut_in_two(header: str) -> str:
    first = header[: len(header) // 2].rsplit(" ", 1)[0]
    return f"{first}\n{header[len(first) :].strip()}"


@pytest.mark.parametrize("header", ATTRIBUTIONS)
def test_who_wrote_it_begins_the_history_in_every_language(header: str) -> None:
    for form in (header, f"\u200f{header}\u200e", f"   {header}", header.replace(" ", "\u00a0", 2)):
        for history in (HISTORY, QUOTED):
            parts = split_parts(f"{TEXT}\n\n{form}\n\n{history}")
            assert parts.new_text == TEXT
            assert parts.quoted_text.endswith(history)


@pytest.mark.parametrize("header", ATTRIBUTIONS)
def test_a_wrapped_header_is_taken_as_a_whole(header: str) -> None:
    for form in (header.replace(" <", " <\n", 1), header.replace(" <", "\n<", 1), _cut_in_two(header)):
        assert split_parts(f"{TEXT}\n{form}\n\n{QUOTED}").new_text == TEXT


@pytest.mark.parametrize("header", ATTRIBUTIONS)
def test_a_header_that_is_quoted_itself_is_found(header: str) -> None:
    assert split_parts(f"{TEXT}\n\n> {header}\n>\n{QUOTED}").new_text == TEXT


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", " ------------------\n\n"])
def test_a_block_of_headers_begins_the_history_in_every_language(block: str, rule: str) -> None:
    parts = split_parts(f"{TEXT}\n\n{rule}{block}\n\n{HISTORY}")
    assert parts.new_text == TEXT
    assert parts.quoted_text.endswith(HISTORY)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_without_a_text_above_it_is_a_forwarded_mail(block: str) -> None:
    assert split_parts(f"{block}\n\n{HISTORY}").new_text == HISTORY


def test_wrapped_and_blank_lines_do_not_end_a_block() -> None:
    block = (
        "From: Alice Miller\n<alice@example.com>\n\nSent: Tuesday\n\nTo: Bob\nSubject: a very long\nsubject"
    )
    parts = split_parts(f"{TEXT}\n\n{block}\n\n{HISTORY}")
    assert parts.new_text == TEXT


@pytest.mark.parametrize("separator", ORIGINALS)
def test_a_line_about_the_original_message_begins_the_history(separator: str) -> None:
    assert split_parts(f"{TEXT}\n\n{separator}\n{HISTORY}").new_text == TEXT
    assert split_parts(f"{TEXT}\n\n*{separator}*\n{BLOCKS[0]}\n\n{HISTORY}").new_text == TEXT


@pytest.mark.parametrize("separator", FORWARDS)
def test_a_forwarded_mail_is_recognised_in_every_language(separator: str) -> None:
    forwarded = f"{separator}\n\n{BLOCKS[0]}\n\n{HISTORY}"
    assert split_parts(f"{TEXT}\n\n{forwarded}").new_text == TEXT
    assert split_parts(forwarded).new_text == HISTORY


@pytest.mark.parametrize(
    "line",
    ["##- Please type your reply above this line -##", "--- Bitte oberhalb dieser Zeile antworten ---"],
)
def test_a_help_desks_line_begins_the_history(line: str) -> None:
    assert split_parts(f"{TEXT}\n\n{line}\n\n{HISTORY}").new_text == TEXT


@pytest.mark.parametrize(
    "between", ["\n\n<\nmailto:Alice <alice@example.com>\n> wrote:", "\n<alice@example.com>\nwrote:"]
)
def test_an_address_that_is_set_apart_belongs_to_the_header(between: str) -> None:
    assert split_parts(f"{TEXT}\n\nOn Tue, 10 Nov 2026 at 10:00 Alice{between}\n\n{HISTORY}").new_text == TEXT


def test_a_line_that_ends_with_a_date_is_not_taken_into_the_header() -> None:
    text = "My order of 10/11/2026 10:00"
    assert split_parts(f"{text}\nOn 12 Nov 2026, at 10:00, Alice wrote:\n{QUOTED}").new_text == text
