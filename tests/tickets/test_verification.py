"""Who asks for a change of an account proves first that it is theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from deskfleet.workers import load_jobs
from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.code_desk import (
    asked_to_close,
    code_of,
    last_told,
    link_of,
    mails,
    other_than,
    read,
    the_action,
    write,
)
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle, queries, vault, verification
from tickets.action_models import Action, ActionProof
from tickets.contracts import Channel
from tickets.models import Ticket


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectedJobs]:
    """A desk whose outgoing mail is files."""
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    load_jobs()
    yield run_jobs
    settings.cache_clear()


def test_the_right_code_leads_to_approval_and_is_kept_as_a_secret(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    code = code_of(mails()[0][1])
    write(public_id, f"Here it is:\n{code[:3]} {code[3:]}\nThanks")
    view = the_action(public_id)
    assert view.state == "awaiting_approval"
    assert view.action.verified_at is not None
    found = read(public_id)
    typed = next(one for one in found.messages if "Here it is" in one.text)
    assert typed.text == "Here it is:\n[SECRET 1]\nThanks"
    with transaction() as session:
        assert code[:3] in vault.reveal(session, typed.id)
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert "confirmed" in last_told(public_id)


def test_a_wrong_code_does_nothing_and_after_five_tries_staff_look(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    code = code_of(mails()[0][1])
    for left in (4, 3, 2, 1):
        write(public_id, other_than(code))
        assert f"You have {left} tries left" in last_told(public_id)
    write(public_id, other_than(code))
    assert "no tries left" in last_told(public_id)
    with transaction() as session:
        session.execute(update(ActionProof).values(tries=0))
    write(public_id, code)
    assert the_action(public_id).state == "awaiting_verification", "even the right one is too late"
    assert read(public_id).ticket.owner == "staff"


def test_a_code_that_is_too_old_does_nothing(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    with transaction() as session:
        session.execute(
            update(ActionProof).values(valid_until=func.now() - func.make_interval(0, 0, 0, 0, 0, 1))
        )
    write(public_id, code_of(mails()[0][1]))
    assert the_action(public_id).state == "awaiting_verification"
    assert "too old" in last_told(public_id)


def test_somebody_elses_code_does_nothing(desk: CollectedJobs) -> None:
    hers = asked_to_close()
    desk()
    his = asked_to_close("bob@example.com")
    desk()
    code_of_bob = next(code_of(text) for to, text in mails() if "bob@example.com" in to)
    write(hers, code_of_bob)
    assert the_action(hers).state == "awaiting_verification"
    assert the_action(his).state == "awaiting_verification"
    assert "not the right one" in last_told(hers)


def test_a_number_on_a_ticket_that_waits_for_no_code_stays_as_it_is(desk: CollectedJobs) -> None:
    with transaction() as session:
        public_id = intake.receive(session, a_message(text="My order is late.")).public_id
    write(public_id, "It is 482193.")
    assert read(public_id).messages[-1].text == "It is 482193."


def test_the_same_message_twice_is_one_try(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    wrong = other_than(code_of(mails()[0][1]))
    write(public_id, wrong, external_id="once")
    write(public_id, wrong, external_id="once")
    with transaction() as session:
        assert session.scalars(select(ActionProof.tries)).one() == 1


def test_the_quoted_mail_does_not_keep_the_code(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    text = mails()[0][1]
    write(public_id, f"{code_of(text)}\n\n{text}", quoted_text=text)
    stored = read(public_id).messages
    assert all(code_of(text) not in f"{one.text}{one.quoted_text}" for one in stored)
    assert all(link_of(text) not in f"{one.text}{one.quoted_text}" for one in stored)


def test_a_code_in_a_mail_of_the_ticket_is_recognised(desk: CollectedJobs) -> None:
    public_id = asked_to_close(channel=Channel.MAIL)
    desk()
    assert read(public_id).reply is None, "the mail itself is the conversation"
    write(public_id, code_of(mails()[0][1]), channel=Channel.MAIL)
    assert the_action(public_id).state == "awaiting_approval"


def test_other_numbers_are_no_codes(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    for said in ("Call 555 123 456 or 030 123456 789.", "Order A-482193", "It cost 1.482193 EUR", "#482193"):
        write(public_id, said)
        assert read(public_id).messages[-1].text == said
    with transaction() as session:
        assert session.scalars(select(ActionProof.tries)).one() == 0


def test_a_proof_by_link_brings_the_ticket_back_to_staff(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    with transaction() as session:
        ticket_id = queries.find_ticket(session, public_id).id
        lifecycle.staff_reply(
            session, ticket_id, "Please confirm.", staff="AGENT-BOB00000", name="Bob", seen_seq=9
        )
        verification.confirm_link(session, link_of(mails()[0][1]))
    found = read(public_id)
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert found.ticket.staff_due_at is not None


@pytest.mark.parametrize("words", ["PIN {}", "password: {}", "my one-time password is {}"])
def test_a_code_that_the_vault_took_out_is_tried_all_the_same(desk: CollectedJobs, words: str) -> None:
    public_id = asked_to_close()
    desk()
    code = code_of(mails()[0][1])
    write(public_id, words.format(code))
    assert the_action(public_id).state == "awaiting_approval"
    typed = next(one for one in read(public_id).messages if one.text.startswith(words[:3]))
    assert typed.text == words.format("[SECRET 1]")
    with transaction() as session:
        assert vault.reveal(session, typed.id) == words.format(code)


def test_a_number_beside_no_word_for_a_code_is_no_try(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    said = "My order 100234 is affected too"
    write(public_id, said)
    assert read(public_id).messages[-1].text == said
    with transaction() as session:
        assert session.scalars(select(ActionProof.tries)).one() == 0


def test_a_code_in_the_digits_of_another_script_is_the_same_code(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    code = code_of(mails()[0][1])
    write(public_id, "".join(chr(ord(digit) - ord("0") + ord("٠")) for digit in code))
    assert the_action(public_id).state == "awaiting_approval"


def test_a_link_and_a_typed_code_lock_in_the_same_order(desk: CollectedJobs) -> None:
    public_id = asked_to_close()
    desk()
    link = link_of(mails()[0][1])
    with transaction() as session:
        session.execute(select(Ticket.id).where(Ticket.public_id == public_id).with_for_update())
        with pytest.raises(OperationalError), transaction() as other:
            other.execute(text("set local lock_timeout = '200ms'"))
            verification.read_link(other, link)
        # Whoever waits for the ticket holds nothing of its action meanwhile.
        session.execute(select(Action.id).with_for_update(nowait=True))
