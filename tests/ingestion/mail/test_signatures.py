import pytest

from ingestion.mail.quoting import split_parts
from tests.ingestion.mail.quote_samples import ATTRIBUTIONS, CLOSINGS, FOOTERS

TEXT = "Thank you, but where is it?\nIt was due on Monday."
CARD = "Bob Brown\nExample Ltd\nTel. +49 30 1234567\nwww.example.com"


@pytest.mark.parametrize("footer", FOOTERS)
def test_the_footer_of_a_device_or_program_is_a_signature_in_every_language(footer: str) -> None:
    for text in (f"{TEXT}\n\n{footer}", f"{TEXT}\n{footer}\n\n{ATTRIBUTIONS[0]}\n> old"):
        parts = split_parts(text)
        assert (parts.new_text, parts.signature) == (TEXT, footer)


@pytest.mark.parametrize(
    "delimiter", ["-- ", "--", "—", "__", "---", "________________", "—————", "=====", "***"]
)
def test_a_line_of_signs_begins_a_signature(delimiter: str) -> None:
    parts = split_parts(f"{TEXT}\n\n{delimiter}\n{CARD}\n\n{ATTRIBUTIONS[0]}\n> old")
    assert (parts.new_text, parts.signature) == (TEXT, f"{delimiter.strip()}\n{CARD}")
    assert parts.quoted_text.endswith("> old")


@pytest.mark.parametrize("closing", CLOSINGS)
def test_a_sign_off_with_a_name_ends_a_message_in_every_language(closing: str) -> None:
    for name in ("Bob", "Bob Brown", f"\n{CARD}"):
        parts = split_parts(f"{TEXT}\n\n{closing}\n{name}")
        assert (parts.new_text, parts.signature) == (TEXT, f"{closing}\n{name}")


@pytest.mark.parametrize("card", [CARD, "-bob", "- Bob", "Bob\nvia mobile"])
def test_a_name_at_the_end_is_a_signature_when_it_looks_like_one(card: str) -> None:
    parts = split_parts(f"{TEXT}\n\n{card}")
    assert (parts.new_text, parts.signature) == (TEXT, card)


def test_a_rule_above_a_footer_belongs_to_it() -> None:
    rule = "-" * 64
    parts = split_parts(f"{TEXT}\n\n{rule}\nSent from my iPhone\n{rule}")
    assert (parts.new_text, parts.signature) == (TEXT, f"{rule}\nSent from my iPhone\n{rule}")


def test_above_a_history_names_and_numbers_may_be_the_answer() -> None:
    answer = "Thanks,\nBob Brown\n+49 30 1234567"
    assert split_parts(f"{answer}\n\n{ATTRIBUTIONS[0]}\n> What is your number?").new_text == answer
    assert split_parts(f"Hello.\n\n{answer}", history_follows=True).new_text == f"Hello.\n\n{answer}"


@pytest.mark.parametrize(
    "text",
    [
        "Please change my address to:\n\nAlice Miller\n12 Main Street\nalice@example.com\n+49 30 1234567",
        "Please use these:\n\nName: Alice Miller\nE-Mail: alice@example.com\nPhone: +49 30 1234567",
        "I sent my iPhone to you last week.\nWhere is it?",
        "The shoes were\nsent from my brother, who bought them on your mobile page.\nCan I return them?",
        "Gestern habe ich Ihnen mein iPhone gesendet\nund nichts gehört.",
        "Get me a refund for my phone\nnow please.",
        "My order:\n\nItem      Qty\n--------\nShoes     2\nSocks     3",
        "A fax has come\n---\nTime: 3/9/2026 10:00\nReceived from: +49 30 1234567\nPages: 2\nResult: good",
        "Heading\n=======\n\nSome text that goes on. And on.\n\n---\n\nMore text is here, and it is a sentence.",
        "My options:\n- cancel\n- wait -- what is better?",
        "Which one?\n\n- boots\n- shoes",
        "Dear team,\n\nplease cancel order 12345.\n\nThanks!",
        "Thank you,\n\nthe parcel has arrived.",
        "I would like these:\n- boots",
        "Sincerely,\nYour Super Shoe Shop",
    ],
)
def test_what_only_looks_like_a_signature_stays(text: str) -> None:
    assert split_parts(text).new_text == text


def test_a_delimiter_far_above_the_end_is_a_part_of_the_text() -> None:
    text = f"{TEXT}\n--\n" + "A sentence of a long report.\n" * 40
    assert split_parts(text).signature == ""
