"""What a chat may show of a reply that is still being written, and when it counts no more."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from ingestion import intake
from runtime import events
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, partial_replies
from tickets.contracts import Case, Channel, Reason
from tickets.models import Message
from tickets.partial_reply_models import PartialReply

CHAT = {"channel": Channel.WEB_CHAT, "identity": "visitor", "thread": "conversation"}


@pytest.fixture
def case(run_jobs: CollectedJobs) -> Case:
    with transaction() as session:
        intake.receive(session, a_message(**CHAT))
    return claimed_case()


def show(case: Case, text: str) -> bool:
    with transaction() as session:
        return partial_replies.show(session, case, text)


def shown(case: Case) -> str | None:
    with transaction() as session:
        found = partial_replies.find(session, case.ticket_id)
    return found.text if found else None


def age(seconds: float) -> None:
    with transaction() as session:
        past = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        session.execute(update(PartialReply).values(updated_at=past))


def rows() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(PartialReply)) or 0


def test_the_text_so_far_is_one_row_that_grows(case: Case) -> None:
    assert shown(case) is None
    assert show(case, "One.")
    assert show(case, "One. Two.")
    assert (shown(case), rows()) == ("One. Two.", 1)


def test_listeners_are_told_of_the_ticket_and_not_of_the_text(case: Case) -> None:
    heard: list[tuple[str, dict[str, str | int]]] = []
    stop = events.subscribe(lambda topic, payload: heard.append((topic, payload)))
    show(case, "One.")
    with transaction() as session:
        partial_replies.withdraw(session, case)
        partial_replies.withdraw(session, case)  # Of what is gone there is nothing to tell.
    stop()
    told = [payload for topic, payload in heard if topic == partial_replies.TOPIC]
    assert [payload["ticket_id"] for payload in told] == [case.ticket_id] * 2
    assert "One." not in str(told)
    assert shown(case) is None


def replied(case: Case) -> None:
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="One. Two."))


def escalated(case: Case) -> None:
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.UNSUPPORTED_ANSWER))


def asked_again(_case: Case) -> None:
    with transaction() as session:
        intake.receive(session, a_message(**CHAT, text="And by express?"))


def taken_over(case: Case) -> None:
    with transaction() as session:
        lifecycle.hand_to_staff(session, case.ticket_id, Reason.ASKS_FOR_PERSON)


def given_back(case: Case) -> None:
    with transaction() as session:
        lifecycle.release(session, case.ticket_id, case.claim_token)


@pytest.mark.parametrize("happens", [replied, escalated, asked_again, taken_over, given_back])
def test_it_ends_with_its_claim_and_cannot_come_back(case: Case, happens: Callable[[Case], None]) -> None:
    show(case, "One.")
    happens(case)
    assert shown(case) is None
    assert not show(case, "One. Two.")
    assert shown(case) is None


def test_another_claim_writes_a_text_of_its_own(case: Case) -> None:
    show(case, "One.")
    given_back(case)
    again = claimed_case()
    assert shown(again) is None
    assert show(again, "Another one.")
    assert not show(case, "One. Two.")
    assert shown(again) == "Another one."


def test_without_a_sign_of_life_it_is_shown_no_longer(case: Case) -> None:
    show(case, "One.")
    age(partial_replies.STALE_S - 1)
    assert shown(case) == "One."
    age(partial_replies.STALE_S + 1)
    assert shown(case) is None


def test_a_sign_of_life_keeps_it(case: Case) -> None:
    show(case, "One.")
    age(partial_replies.STALE_S - 1)
    with transaction() as session:
        partial_replies.keep(session, case)
        found = partial_replies.find(session, case.ticket_id)
    assert found is not None
    assert found.left_s > partial_replies.STALE_S - 1
    assert "One." not in repr(found)


def test_the_sweep_drops_what_is_over(case: Case) -> None:
    show(case, "One.")
    with transaction() as session:
        assert partial_replies.sweep(session) == 0
    age(partial_replies.STALE_S + 1)
    with transaction() as session:
        assert partial_replies.sweep(session) == 1
    assert rows() == 0


def test_nothing_of_it_is_a_message_or_delivered(case: Case) -> None:
    show(case, "One.")
    with transaction() as session:
        assert session.scalars(select(Message.kind)).all() == ["inbound"]
