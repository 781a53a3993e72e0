"""The rows of translations: asked for once, awaited for a while, gone with their message."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from ingestion import intake
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle, translations
from tickets.models import Message, Translation
from tickets.translations import TRANSLATE_MESSAGE, Failure, Source, Translated

GERMAN = "Wo ist meine Bestellung?"


@pytest.fixture
def message_id(run_jobs: CollectedJobs) -> int:
    with transaction() as session:
        intake.receive(session, a_message(text=GERMAN))
        found = session.scalars(select(Message.id)).one()
    run_jobs.lose()
    return found


def request(message_id: int, language: str = "en") -> bool:
    with transaction() as session:
        return translations.request(session, message_id, language)


def claimed(message_id: int) -> Source:
    with transaction() as session:
        source = translations.claim(session, message_id, "en")
    assert source is not None
    return source


def kept(message_id: int) -> Translation:
    with transaction() as session:
        return translations.of_messages(session, [message_id], language="en")[message_id]


def pass_the_time() -> None:
    with transaction() as session:
        session.execute(update(Translation).values(due_at=func.now() - timedelta(seconds=1)))


def test_a_request_publishes_one_job_with_ids_alone(message_id: int, run_jobs: CollectedJobs) -> None:
    assert request(message_id)
    assert not request(message_id)
    assert [(name, arguments) for name, arguments, _headers in run_jobs.published] == [
        (TRANSLATE_MESSAGE, (message_id, "en"))
    ]
    assert translations.is_awaited(kept(message_id))


def test_each_language_is_a_translation_of_its_own(message_id: int, run_jobs: CollectedJobs) -> None:
    assert request(message_id, "en")
    assert request(message_id, "fr")
    assert len(run_jobs.published) == 2


def test_of_many_requests_at_once_one_is_made(message_id: int, run_jobs: CollectedJobs) -> None:
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(request(message_id))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]
    assert len(run_jobs.published) == 1


def test_a_request_whose_job_was_lost_may_be_repeated_after_a_while(message_id: int) -> None:
    request(message_id)
    pass_the_time()
    assert not translations.is_awaited(kept(message_id))
    assert request(message_id)


def test_a_failed_one_is_not_awaited_and_may_be_repeated(message_id: int) -> None:
    request(message_id)
    with transaction() as session:
        source = translations.claim(session, message_id, "en")
        assert source is not None
        assert translations.fail(session, source, Failure.NO_ANSWER)
    assert not translations.is_awaited(kept(message_id))
    assert request(message_id)
    assert kept(message_id).failure == ""


def test_what_is_there_is_never_asked_for_again(message_id: int, run_jobs: CollectedJobs) -> None:
    source = claimed(message_id)
    with transaction() as session:
        assert translations.keep(session, source, Translated("Where is my order?", "a-model"))
    pass_the_time()
    assert not request(message_id)
    with transaction() as session:
        assert translations.claim(session, message_id, "en") is None
    assert run_jobs.published == []


def test_a_claim_carries_no_text_into_a_log(message_id: int) -> None:
    assert GERMAN not in repr(claimed(message_id))
    assert "order" not in repr(Translated("Where is my order?", "a-model"))


def test_a_translation_goes_with_its_message(message_id: int) -> None:
    claimed(message_id)
    with transaction() as session:
        session.execute(delete(Message))
        assert session.scalar(select(func.count()).select_from(Translation)) == 0


def test_what_colleagues_wrote_is_not_translated(message_id: int) -> None:
    with transaction() as session:
        ticket_id = session.scalars(select(Message.ticket_id)).one()
        lifecycle.add_note(session, ticket_id, "Bitte prüfen.", staff="AGENT-1", name="Bob")
        note = session.scalars(select(Message.id).where(Message.kind == "note")).one()
    with pytest.raises(InvalidInput, match="colleagues"):
        request(note)


def test_wrong_requests_are_named(message_id: int) -> None:
    with pytest.raises(NotFound):
        request(999)
    with pytest.raises(InvalidInput, match="translated into"):
        request(message_id, "xx")
