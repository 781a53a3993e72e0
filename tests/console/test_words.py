"""Words for every value that a ticket can have."""

from datetime import UTC, datetime, timedelta

import pytest

from console import words
from console.words import Urgency
from runtime.redaction import DANGEROUS
from tickets.contracts import Channel, Delivery, Owner, Priority, Reason, Status
from tickets.translations import Failure


def test_every_value_has_its_words() -> None:
    assert set(words.REASONS) == set(Reason)
    assert set(words.STATUSES) == set(Status)
    assert set(words.CHANNELS) == set(Channel)
    assert set(words.PRIORITIES) == set(Priority)
    assert set(words.DELIVERIES) == set(Delivery)
    assert set(words.SEALED) == DANGEROUS
    assert set(words.UNTRANSLATED) == set(Failure)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10, "under 1 min"),
        (840, "14 min"),
        (3600, "1 h"),
        (8100, "2 h 15 min"),
        (86_400, "1 d"),
        (100_000, "1 d 3 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("status", "owner", "minutes", "text", "urgency"),
    [
        (Status.ESCALATED, Owner.STAFF, -14.5, "14 min overdue", Urgency.LATE),
        (Status.ESCALATED, Owner.STAFF, 10.5, "10 min left", Urgency.SOON),
        (Status.OPEN, Owner.STAFF, 90.5, "1 h 30 min left", Urgency.LATER),
        (Status.NEW, Owner.AGENT, 5.5, "AI has 5 min left", Urgency.LATER),
        (Status.NEW, Owner.AGENT, -5.5, "5 min overdue", Urgency.LATE),
        (Status.WAITING_CUSTOMER, Owner.STAFF, -99, "Waiting for customer", Urgency.NONE),
        (Status.RESOLVED, Owner.STAFF, -99, "Resolved", Urgency.NONE),
    ],
)
def test_a_deadline_is_told_only_while_somebody_has_to_act(
    status: Status, owner: Owner, minutes: float, text: str, urgency: Urgency
) -> None:
    due = words.time_left(status, owner, datetime.now(UTC) + timedelta(minutes=minutes))
    assert (due.text, due.urgency) == (text, urgency)


@pytest.mark.parametrize(
    ("score", "word"), [(-1, "very negative"), (-0.3, "negative"), (0, "neutral"), (0.9, "very positive")]
)
def test_sentiment_has_a_word(score: float, word: str) -> None:
    assert words.sentiment_word(score) == word


@pytest.mark.parametrize(
    ("placeholder", "text"),
    [("[CREDIT_CARD 1]", "Card number 1"), ("[SECRET 12]", "Secret 12"), ("[PERSON]", "Person")],
)
def test_a_placeholder_says_what_was_taken_out(placeholder: str, text: str) -> None:
    assert words.sealed(placeholder) == text


def test_a_sealed_part_says_who_may_see_it() -> None:
    assert "the role admin or manager" in words.who_may_see_originals(may=False)
    assert "audit log" in words.who_may_see_originals(may=True)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (14_336, "14 KB"),
        (1_048_576, "1.0 MB"),
        (20_971_520, "20.0 MB"),
    ],
)
def test_a_size_reads_as_people_say_it(size: int, text: str) -> None:
    assert words.file_size(size) == text


def test_a_type_that_has_no_word_is_named_as_it_is() -> None:
    assert words.file_type("application/pdf") == "PDF"
    assert words.file_type("application/x-unheard-of") == "application/x-unheard-of"


@pytest.mark.parametrize(("code", "name"), [("de", "German"), ("sv", "Swedish"), ("", "An unknown language")])
def test_a_language_is_named_in_words(code: str, name: str) -> None:
    assert words.language(code) == name


def test_a_reason_against_a_translation_that_is_not_known_yet_is_still_told() -> None:
    assert words.untranslated("") == words.untranslated("new") == words.UNTRANSLATED[Failure.NO_ANSWER]
