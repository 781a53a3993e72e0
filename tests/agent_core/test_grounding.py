"""Only what the sources hold may be said."""

from dataclasses import replace

import pytest

from agent_core.drafts import Claim, Draft, Source
from agent_core.grounding import check_grounding

SHIPPING = Source(
    "Shipping",
    "Standard delivery takes 3 to 5 business days and costs $4.95. Orders over $50 ship for free. "
    "Write to care@example.com or see https://example.com/help.",
    "/help/shipping", "ART-1", 1, 1, 0.9,
)  # fmt: skip


def checked(*texts: str, sources: tuple[int, ...] = (0,)) -> tuple[float, tuple[str, ...]]:
    support = check_grounding(
        Draft("Hello,", tuple(Claim(text, sources) for text in texts), "Bye", (SHIPPING,))
    )
    return support.share, support.dropped


@pytest.mark.parametrize(
    "text",
    [
        "Standard delivery takes 3 to 5 business days and costs $4.95.",
        "Orders over $50 ship for free.",
        "Write to care@example.com.",
    ],
)
def test_what_the_source_says_is_kept(text: str) -> None:
    assert checked(text) == (1.0, ())


@pytest.mark.parametrize(
    "text",
    [
        "Standard delivery takes 2 to 5 business days and costs $4.95.",
        "Standard delivery takes 3 to 5 business days and costs $4.96.",
        "Orders over $40 ship for free.",
        "Write to help@example.com.",
        "See https://example.org/help.",
        "We will send you a voucher as an apology for the trouble.",
        "Our warehouse in Lisbon repacks damaged goods overnight.",
    ],
)
def test_what_it_does_not_say_is_dropped(text: str) -> None:
    assert checked(text) == (0.0, (text,))


def test_the_title_of_a_learned_answer_proves_nothing() -> None:
    said = "Orders over $90 ship for free."
    promised = Source(said, "Orders over $50 ship for free.", "", "ART-2", 1, 2, 0.9, learned=True)
    for source, share in ((promised, 0.0), (replace(promised, learned=False), 1.0)):
        assert check_grounding(Draft("", (Claim(said, (0,)),), "", (source,))).share == share


def test_a_claim_without_a_source_is_dropped() -> None:
    assert checked("Orders over $50 ship for free.", sources=()) == (0.0, ("Orders over $50 ship for free.",))


def test_the_rest_stands_and_the_share_is_kept() -> None:
    share, dropped = checked("Orders over $50 ship for free.", "Orders over $90 come with a gift.")
    assert share == 0.5
    assert dropped == ("Orders over $90 come with a gift.",)


def test_a_draft_without_claims_makes_no_false_claim() -> None:
    assert checked() == (1.0, ())
