"""A message in a foreign language beside its translation: asked for by a button, or why there is none."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from accounts.permissions import Role
from console.sessions import COOKIE
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import Member, console_app, escalated, member, receive
from tests.console.test_live import id_of, listening
from tests.console.test_ticket import EVIL, page_of
from tests.jobs import CollectedJobs
from tests.servers.web import served
from tickets import lifecycle, translations
from tickets.models import Message, Translation
from tickets.translations import TRANSLATE_MESSAGE, Failure, Translated

GERMAN = "Guten Tag, meine Bestellung ist noch nicht angekommen. Wo ist sie denn?"
ENGLISH = "Hello, my order has not arrived yet. Where is it?"
OFFERED = ">Translate</button>"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, database: str) -> Iterator[None]:
    """A model is set up. The console never asks it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.setenv("DESKFLEET_ANTHROPIC_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> Member:
    return member()


def german(run_jobs: CollectedJobs, text: str = GERMAN) -> tuple[str, int]:
    """The public id of a ticket, and the id of its German message."""
    public_id = escalated(text=text)
    run_jobs.lose()
    return public_id, newest_message()


def newest_message() -> int:
    with transaction() as session:
        return session.scalars(select(func.max(Message.id))).one() or 0


def translate(message_id: int, found: Translated | Failure) -> None:
    """What the agent's job does."""
    with transaction() as session:
        source = translations.claim(session, message_id, settings().console.language)
        assert source is not None
        if isinstance(found, Failure):
            assert translations.fail(session, source, found)
        else:
            assert translations.keep(session, source, found)


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_without_a_model_the_page_says_so_and_names_the_language(
    carol: Member, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    page = page_of(carol, public_id)
    assert "No translation model is set up; the message is in German." in page
    assert OFFERED not in page
    assert f'<div class="text" dir="auto" lang="de">{GERMAN}</div>' in page
    response = carol.post(f"/console/messages/{message_id}/translation")
    assert response.status_code == 409
    assert "No translation model is set up." in response.text
    assert run_jobs.published == []


def test_a_message_in_the_readers_language_is_shown_plainly(carol: Member, model: None) -> None:
    page = page_of(carol, escalated(text="Hello, where is my order? I have waited for a week."))
    assert OFFERED not in page
    assert "translation model" not in page


def test_the_button_asks_for_one_job_however_often_it_is_pressed(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    page = page_of(carol, public_id)
    assert f'action="/console/messages/{message_id}/translation"' in page
    assert OFFERED in page
    for _ in range(2):
        response = carol.post(f"/console/messages/{message_id}/translation", seen_seq=1)
        assert response.status_code == 303
        assert response.headers["location"] == f"/console/tickets/{public_id}#message-1"
    assert [(name, arguments) for name, arguments, _headers in run_jobs.published] == [
        (TRANSLATE_MESSAGE, (message_id, "en"))
    ]
    page = page_of(carol, public_id)
    assert "In German. It is being translated into English …" in page
    assert OFFERED not in page


def test_a_script_gets_the_conversation_alone(carol: Member, model: None, run_jobs: CollectedJobs) -> None:
    _public_id, message_id = german(run_jobs)
    response = carol.client.post(
        f"/console/messages/{message_id}/translation",
        data={"csrf": carol.csrf, "seen_seq": 1},
        headers={"HX-Request": "true"},
    )
    assert response.status_code == 200
    assert response.text.startswith('<div id="conversation"')
    assert "seen_seq=1" in response.text
    assert "It is being translated into English …" in response.text


def test_the_translation_stands_beside_the_original_with_its_model(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    translate(message_id, Translated(ENGLISH, "claude-sonnet-4-6"))
    for address in (f"/console/tickets/{public_id}", f"/console/tickets/{public_id}/conversation"):
        page = carol.client.get(address).text
        assert re.search(
            rf'<div class="beside">\s*<div class="text" dir="auto" lang="de">{re.escape(GERMAN)}</div>\s*'
            rf'<div class="translation">.*?lang="en">{re.escape(ENGLISH)}</div>',
            page,
            re.DOTALL,
        )
        assert "From German, translated by claude-sonnet-4-6" in words_of(page)
        assert "AI translated a message into English" in page
        assert OFFERED not in page


def test_a_translation_stays_when_the_model_is_taken_away(carol: Member, run_jobs: CollectedJobs) -> None:
    public_id, message_id = german(run_jobs)
    translate(message_id, Translated(ENGLISH, "gone-model", is_whole=False))
    page = page_of(carol, public_id)
    assert ENGLISH in page
    assert "the beginning alone, since the message is very long" in page


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure.NO_ANSWER, "no model answered"),
        (Failure.UNFAITHFUL, "The translation was refused"),
        (Failure.BUDGET, "budget is used up"),
        (Failure.NO_MODEL, "where the AI works"),
    ],
)
def test_a_failure_is_told_and_may_be_tried_again(
    carol: Member, model: None, run_jobs: CollectedJobs, failure: Failure, words: str
) -> None:
    public_id, message_id = german(run_jobs)
    translate(message_id, failure)
    page = page_of(carol, public_id)
    assert words in page
    assert OFFERED in page
    carol.post(f"/console/messages/{message_id}/translation")
    assert run_jobs.names() == [TRANSLATE_MESSAGE]


def test_a_job_that_was_lost_leaves_the_button_after_a_while(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    carol.post(f"/console/messages/{message_id}/translation")
    with transaction() as session:
        session.execute(update(Translation).values(due_at=func.now() - timedelta(seconds=1)))
    page = page_of(carol, public_id)
    assert OFFERED in page
    assert "no model answered" in page


def test_the_desks_language_is_a_setting(
    carol: Member, model: None, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CONSOLE_LANGUAGE", "de")
    settings.cache_clear()
    public_id, _message_id = german(run_jobs)
    assert OFFERED not in page_of(carol, public_id)
    other = receive(text="Hello, where is my order? I have waited for a week.", identity="bob@example.com")
    assert OFFERED in page_of(carol, other)
    carol.post(f"/console/messages/{newest_message()}/translation")
    assert run_jobs.published[-1][:2] == (TRANSLATE_MESSAGE, (newest_message(), "de"))


def test_every_ticket_shows_its_language_in_words(carol: Member, run_jobs: CollectedJobs) -> None:
    public_id, _message_id = german(run_jobs)
    assert "Language: German" in words_of(page_of(carol, public_id))
    for text, language in (
        ("注文した商品はまだ届いていません。", "Japanese"),
        ("Где мой заказ, скажите пожалуйста?", ""),
    ):
        page = words_of(page_of(carol, receive(text=text, identity=f"{language}@example.com")))
        assert f"Language: {language or 'An unknown language'}" in page


def test_what_the_agent_wrote_is_offered_and_what_colleagues_wrote_is_not(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id = escalated(text="Hello, where is my order? I have waited for a week.")
    with transaction() as session:
        lifecycle.staff_reply(
            session, id_of(public_id), GERMAN, staff=carol.public_id, name=carol.name, seen_seq=1
        )
        lifecycle.add_note(session, id_of(public_id), GERMAN, staff=carol.public_id, name=carol.name)
    assert OFFERED not in page_of(carol, public_id)
    with transaction() as session:
        session.execute(update(Message).where(Message.seq == 2).values(author="agent"))
    assert page_of(carol, public_id).count(OFFERED) == 1


def test_who_may_only_read_sees_the_language_and_no_button(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    reader = member("Bob Reader", role=Role.READONLY)
    page = page_of(reader, public_id)
    assert "In German." in page
    assert OFFERED not in page
    assert reader.post(f"/console/messages/{message_id}/translation").status_code == 403
    assert run_jobs.published == []


def test_a_form_from_elsewhere_asks_for_nothing(carol: Member, model: None, run_jobs: CollectedJobs) -> None:
    _public_id, message_id = german(run_jobs)
    response = carol.client.post(f"/console/messages/{message_id}/translation", data={"csrf": "0" * 64})
    assert response.status_code == 403
    assert run_jobs.published == []


@pytest.mark.parametrize(("message_id", "status"), [(999, 404), (0, 422), (2**63, 422)])
def test_a_message_that_is_not_there_is_a_page_that_says_so(
    carol: Member, model: None, message_id: int, status: int
) -> None:
    response = carol.post(f"/console/messages/{message_id}/translation")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")


def test_going_to_its_address_leads_to_the_message_and_asks_for_nothing(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    response = carol.client.get(f"/console/messages/{message_id}/translation", follow_redirects=False)
    assert response.headers["location"] == f"/console/tickets/{public_id}#message-1"
    assert run_jobs.published == []


def test_translations_are_escaped_and_sealed_parts_are_chips(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs, text=f"{GERMAN} Meine Karte ist 4111 1111 1111 1111.")
    translate(message_id, Translated(f"{EVIL} [CREDIT_CARD 1] {EVIL}", f"m{EVIL}"))
    page = page_of(carol, public_id).replace("&#39;", "'")
    assert page.count('class="seal"') == 2
    assert page.count("&lt;script&gt;") >= 2
    assert not re.search(r"<script>|<img src=x|<img src=\"x", page)


def test_an_open_page_is_told_when_the_translation_is_there_and_when_there_is_none(
    carol: Member, model: None, run_jobs: CollectedJobs
) -> None:
    public_id, message_id = german(run_jobs)
    name = f"event: ticket-{id_of(public_id)}"
    with served(console_app()) as server, listening(server, carol, f"?ticket={id_of(public_id)}") as stream:
        assert carol.client.cookies[COOKIE]
        assert stream.hears(name)
        translate(message_id, Failure.NO_ANSWER)
        assert stream.hears(name, times=2)
        translate(message_id, Translated(ENGLISH, "m"))
        assert stream.hears(name, times=3)
