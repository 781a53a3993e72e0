"""A reply that is still being written, as an open chat is told of it."""

import pytest
from sqlalchemy import func, update

from ingestion import chat_listeners
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.chat_client import Open, Page, stored
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, partial_replies
from tickets.contracts import Case, Delivery, Kind, Reason
from tickets.partial_reply_models import PartialReply


def asked(page: Page) -> Case:
    """The claim of a worker that has begun to answer."""
    page.say("Can I return a lamp?")
    page.next("status", status="answering")
    return claimed_case()


def write(case: Case, text: str) -> None:
    with transaction() as session:
        assert partial_replies.show(session, case, text)


def test_the_text_so_far_comes_whole_each_time(open_page: Open) -> None:
    page = open_page()
    case = asked(page)
    key = f"{case.ticket_id}/{case.up_to_seq}"
    for text in ("Yes.", "Yes. Within 30 days."):
        write(case, text)
        frame = page.next("partial")
        assert (frame["text"], frame["key"], frame["name"]) == (text, key, settings().agent.desk_name)


def test_the_reply_names_what_it_takes_the_place_of_and_is_acknowledged_as_ever(open_page: Open) -> None:
    page = open_page()
    case = asked(page)
    write(case, "Yes.")
    key = page.next("partial")["key"]
    page.send(type="seen", up_to=2**62)
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Yes. Within 30 days."))
    message = page.next("message", author="agent")
    assert (message["answers"], message["text"]) == (key, "Yes. Within 30 days.")
    assert page.next("partial")["text"] == ""
    assert [one.delivery for one in stored() if one.kind == Kind.OUTBOUND] == [Delivery.QUEUED]


def test_what_staff_take_over_is_taken_back(open_page: Open) -> None:
    page = open_page()
    case = asked(page)
    write(case, "Yes.")
    page.next("partial", text="Yes.")
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.UNSUPPORTED_ANSWER))
    page.next("partial", text="")
    page.next("status", status="with_staff")


def test_a_text_whose_writer_died_is_taken_back(open_page: Open) -> None:
    page = open_page()
    case = asked(page)
    write(case, "Yes.")
    page.next("partial", text="Yes.")
    with transaction() as session:
        nearly = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, partial_replies.STALE_S - 0.3)
        session.execute(update(PartialReply).values(updated_at=nearly))
    chat_listeners.ring(page.welcome["conversation"])  # From here on nobody tells of anything.
    page.next("partial", text="")


def test_a_text_whose_event_was_lost_is_found(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_listeners, "LOOK_S", 0.2)
    page = open_page()
    case = asked(page)
    with transaction() as session:
        assert partial_replies.show(session, case, "Yes.")
        session.info.clear()
    page.next("partial", text="Yes.")


def test_a_page_that_comes_back_gets_it_again(open_page: Open) -> None:
    page = open_page()
    case = asked(page)
    write(case, "Yes.")
    page.next("partial")
    back = open_page(token=page.welcome["token"])
    back.send(type="resume", after=0)
    back.next("partial", text="Yes.")
    page.send(type="resume", after=0)
    page.next("partial", text="Yes.")


def test_nobody_elses_page_is_told(open_page: Open) -> None:
    page, other = open_page(), open_page()
    write(asked(page), "Yes.")
    page.next("partial")
    other.say("Hello")
    other.next("status", status="answering")
    assert [frame for frame in other.kept if frame["type"] == "partial"] == []
