"""Only what the sources hold may be said."""

import time
from dataclasses import replace

import pytest

from agent_core.drafts import Claim, Draft, Source
from agent_core.grounding import check_grounding, check_reply

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


def test_staff_see_on_which_passage_a_sentence_rests_and_why_another_was_dropped() -> None:
    support = check_grounding(
        Draft(
            "",
            (Claim("Orders over $50 ship for free.", (0,)), Claim("Orders over $90 ship for free.", (0,))),
            "",
            (SHIPPING,),
        )
    )
    start = SHIPPING.text.index("Orders over")
    end = SHIPPING.text.index(" Write to")
    assert support.notes == [
        f"rests on ART-1 v1, characters {start}-{end}, score 1.00: Orders over $50 ship for free.",
        "unsupported: Orders over $90 ship for free. (USD: 90 is in no source)",
    ]


def problems(reply: str, *passages: str, language: str = "en") -> list[str]:
    return [one.problem for one in check_reply(reply, passages, language=language) if one.problem]


@pytest.mark.parametrize(
    ("source", "faithful", "wrong"),
    [
        # A number in words, and in another unit.
        ("The trial lasts 14 days.", "The trial lasts two weeks.", "The trial lasts three weeks."),
        # What is told of one unit of time is not told of another.
        (
            "Parcels arrive within 2 days. Letters arrive within 5 hours.",
            "Letters arrive within 5 hours.",
            "Letters arrive within 2 days.",
        ),
        # Negation, and the same said with its contrary.
        ("The lamp is not waterproof.", "The lamp isn't waterproof.", "The lamp is waterproof."),
        ("Insurance is optional.", "Insurance is not mandatory.", "Insurance is mandatory."),
        # A condition left out, and one kept in other words.
        (
            "Parking is free if you stay two nights.",
            "If you stay for two nights, parking is free.",
            "Parking is always free.",
        ),
        # A price is not nothing.
        ("Gift wrapping costs $4.", "For $4 we wrap it as a gift.", "Gift wrapping is free."),
        # A product's name, even where it is a word of bounds or joints.
        (
            "Dental care is covered only by the Paws Plus policy.",
            "Only Paws Plus covers dental care.",
            "Dental care is covered by the Paws Basic policy.",
        ),
        ("The Warm Mini works with gas.", "Gas works with the Warm Mini.", "The Warm Max works with gas."),
        # An address without https.
        (
            "Register your lamp at lamps.example.com.",
            "You can register your lamp at lamps.example.com.",
            "Register your lamp at shop.example.com.",
        ),
        # A noun in otherwise the same words.
        (
            "Report water damage to your home within 72 hours.",
            "Water damage to your home must be reported within 72 hours.",
            "Report storm damage to your home within 72 hours.",
        ),
        # Somebody else's future work.
        (
            "The bench is repaired in our workshop.",
            "Your bench is repaired in our workshop.",
            "The bench is repaired in our workshop. A colleague will call you tomorrow.",
        ),
        # A condition with a number, and the second half of a condition.
        (
            "You can reschedule for free if you tell us at least 72 hours before the move.",
            "Rescheduling is free if we hear about it at least 72 hours before the move.",
            "You can reschedule for free up to the day of the move.",
        ),
        (
            "You get a certificate when you have finished all lessons and scored at least 70% in the quiz.",
            "When you have finished all lessons and scored at least 70% in the quiz, you get a certificate.",
            "You get a certificate when you have finished all lessons.",
        ),
        # What may be done in one way only.
        (
            "Joint accounts can only be opened in a branch.",
            "To open a joint account, please come to a branch.",
            "Joint accounts can be opened online or in a branch.",
        ),
        # A limit that "even" lifts.
        (
            "Tickets are valid until 15 March.",
            "Your ticket is valid until 15 March.",
            "All tickets are valid, even after 15 March.",
        ),
        # A day of the week is no product's name, and a thing named after another number is not mixed up with it.
        (
            "Weekend moves cost 15% more. Vans cost $40, trucks cost $90.",
            "A move on a Saturday or at another time of the weekend costs 15% more. A van is $40, a truck $90.",
            "A van is $90, a truck $40.",
        ),
        # A remark that states nothing.
        (
            "The bench is repaired in our workshop.",
            "Great that you like our bench! It is repaired in our workshop.",
            "Great that you like our bench! It is repaired in our workshop within 3 days.",
        ),
        # A policy that nobody wrote.
        (
            "The bench is repaired in our workshop.",
            "The bench is repaired in our workshop. Does that help?",
            "The bench is repaired in our workshop. Members pay half of it.",
        ),
    ],
)
def test_what_a_source_says_otherwise_is_told_from_the_same_in_other_words(
    source: str, faithful: str, wrong: str
) -> None:
    assert problems(faithful, source) == []
    assert problems(wrong, source)


def test_an_address_without_a_space_before_it_is_read() -> None:
    source = "如有疑问，请联系care@example.com。"
    assert problems("您可以联系care@example.com。", source, language="zh") == []
    assert problems("您可以联系help@example.com。", source, language="zh")


def test_a_greeting_by_name_states_nothing() -> None:
    assert problems("Olá, Alice! O frete custa R$ 9.", "O frete custa R$ 9.", language="pt") == []


def test_long_hostile_texts_are_checked_in_bounded_time() -> None:
    started = time.perf_counter()
    for piece in ("a.b.", "1,", "x@", "http://", "5 - ", "no not ", "if "):
        problems(piece * 2000, "Orders over $50 ship for free.")
    assert time.perf_counter() - started < 30
