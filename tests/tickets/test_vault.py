"""The vault: dangerous data out of a message, and back."""

import time

import pytest
from sqlalchemy import select, text, update

from ingestion import intake
from runtime.database import transaction
from runtime.errors import NotFound, Unavailable
from runtime.redaction import DANGEROUS
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import vault
from tickets.models import Message, VaultEntry

TEXT = "Card 4111 1111 1111 1111, IBAN DE89370400440532013000, password: hunter2 and alice@example.com"


def stored(message_text: str) -> int:
    """The id of a message as it is stored, with its secrets in the vault."""
    with transaction() as session:
        intake.receive(session, a_message(text=message_text))
        return session.scalars(select(Message.id).order_by(Message.id.desc()).limit(1)).one()


def test_only_what_is_dangerous_is_taken_out() -> None:
    safe = vault.protect(TEXT)
    assert safe.text == "Card [CREDIT_CARD 1], IBAN [IBAN_CODE 1], password: [SECRET 1] and alice@example.com"
    assert [one.value for one in safe.secrets] == [
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "hunter2",
    ]
    assert {one.kind for one in safe.secrets} <= DANGEROUS


def test_a_text_without_any_is_the_same_text() -> None:
    assert vault.protect("Where is order A-10423?") == vault.Protected("Where is order A-10423?")


def test_the_same_number_twice_is_one_secret_and_another_gets_the_next_number() -> None:
    safe = vault.protect("4111111111111111 or 4111111111111111 or 5555555555554444")
    assert safe.text == "[CREDIT_CARD 1] or [CREDIT_CARD 1] or [CREDIT_CARD 2]"
    assert len(safe.secrets) == 2


def test_a_placeholder_that_somebody_typed_stays_theirs() -> None:
    safe = vault.protect("[CREDIT_CARD 1] is not 4111111111111111")
    assert safe.text == "[CREDIT_CARD 1] is not [CREDIT_CARD 2]"


def test_further_texts_of_a_message_go_on_counting() -> None:
    first = vault.protect("4111111111111111")
    second = vault.protect("5555555555554444 and 4111111111111111", after=first.secrets)
    assert second.text == "[CREDIT_CARD 2] and [CREDIT_CARD 1]"
    assert [one.placeholder for one in second.secrets] == ["[CREDIT_CARD 2]"]


def test_no_secret_is_printed() -> None:
    assert "4111" not in repr(vault.protect(TEXT))


def test_the_original_comes_back_and_no_row_shows_it(run_jobs: CollectedJobs) -> None:
    message_id = stored(TEXT)
    with transaction() as session:
        assert vault.reveal(session, message_id) == TEXT
        assert vault.kinds_kept(session, message_id) == ["CREDIT_CARD", "IBAN_CODE", "SECRET"]
        kept = session.scalars(select(VaultEntry)).all()
        assert not any(b"4111" in one.sealed or b"hunter2" in one.sealed for one in kept)
        assert "4111" not in session.scalars(select(Message.text)).one()


def test_a_message_without_secrets_is_revealed_as_it_is(run_jobs: CollectedJobs) -> None:
    message_id = stored("Where is it?")
    with transaction() as session:
        assert vault.reveal(session, message_id) == "Where is it?"


def test_there_is_no_original_of_no_message(database: str) -> None:
    with transaction() as session, pytest.raises(NotFound):
        vault.reveal(session, 1)


def test_a_row_moved_to_another_message_opens_nothing(run_jobs: CollectedJobs) -> None:
    first = stored("4111111111111111")
    second = stored("nothing here, but [CREDIT_CARD 1]")
    with transaction() as session:
        session.execute(update(VaultEntry).where(VaultEntry.message_id == first).values(message_id=second))
    with transaction() as session, pytest.raises(Unavailable, match="does not belong to its row"):
        vault.reveal(session, second)


def test_what_is_forgotten_is_gone_and_so_is_what_a_deleted_message_had(run_jobs: CollectedJobs) -> None:
    first, second = stored("4111111111111111"), stored("5555555555554444")
    with transaction() as session:
        assert vault.forget(session, [first]) == 1
        assert vault.reveal(session, first) == "[CREDIT_CARD 1]"
        session.execute(text("delete from messages where id = :id"), {"id": second})
    with transaction() as session:
        assert session.scalars(select(VaultEntry)).all() == []


def test_protecting_an_ordinary_message_is_quick() -> None:
    ordinary = "I would like to know where my parcel is because nobody says when it will be here. " * 6
    vault.protect(ordinary)
    times = []
    for _ in range(50):
        started = time.perf_counter()
        vault.protect(ordinary)
        times.append(time.perf_counter() - started)
    assert sorted(times)[25] < 0.001
