import pytest

from ingestion.mail.quoting import split_parts
from tests.ingestion.mail.quote_samples import DISCLAIMERS

TEXT = "Where is it?\nIt was due on Monday."


@pytest.mark.parametrize("disclaimer", DISCLAIMERS)
def test_a_disclaimer_is_told_from_text_and_signature(disclaimer: str) -> None:
    parts = split_parts(f"{TEXT}\n\n{disclaimer}")
    assert (parts.new_text, parts.disclaimer) == (TEXT, disclaimer)
    for gap in ("\n", "\n\n"):
        parts = split_parts(f"{TEXT}\n\n-- \nBob\nExample Ltd{gap}{disclaimer}")
        assert (parts.new_text, parts.signature, parts.disclaimer) == (
            TEXT,
            "--\nBob\nExample Ltd",
            disclaimer,
        )


@pytest.mark.parametrize(
    "notice",
    [
        "Please consider the environment before printing this email.",
        "Virus-free. www.example.com",
        "CAUTION: This email originated from outside of the organization. Do not click links.",
        "Bitte denken Sie nach, bevor Sie diese E-Mail ausdrucken.",
    ],
)
def test_the_notes_of_gateways_and_scanners_are_no_text(notice: str) -> None:
    for text in (f"{TEXT}\n\n{notice}", f"{notice}\n\n{TEXT}"):
        parts = split_parts(text)
        assert (parts.new_text, parts.disclaimer) == (TEXT, notice)


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nthe intended recipient of my parcel was my neighbour; it was sent here in error. Is that "
        "confidential, and do I have to tell the sender and delete the order, or will you?",
        "Hello,\n\nI received this invoice in error. Please delete the order and tell the sender that it is wrong, "
        "since I have never bought such shoes from you or from anybody else.",
        "Hallo,\n\nist mein Rechner auf Viren geprüft?",
        "Confidential information for the intended recipient in your legal department only: please notify the sender "
        "of parcel 1 that it was delivered in error.",
    ],
)
def test_somebody_may_write_about_such_things(text: str) -> None:
    assert split_parts(text).new_text == text
