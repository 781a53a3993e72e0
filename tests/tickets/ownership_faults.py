"""Faults in what is done for customers and in how thanks are taken, each with the story in which it shows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tickets.ownership_actions import ActingDesk
from tests.tickets.ownership_people import Fate
from tests.tickets.ownership_shop import ShopFate
from tickets import action_execution, actions, proofs
from tickets.action_execution import Work
from tickets.action_kinds import ActionKind, ActionState
from tickets.action_models import Action
from tickets.contracts import Channel, Status
from tickets.lifecycle import arrivals, staff_work

Fault = Callable[[pytest.MonkeyPatch], None]
Story = Callable[[ActingDesk], None]


def _takes_thanks_for_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_work, "is_only_thanks", lambda _text, **_named: False)


def _takes_a_question_for_thanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "is_only_thanks", lambda _text, **_named: True)


def _counts_a_withdrawn_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_work, "_was_answered", lambda *_arguments: True)


def _proposes_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_is_there", lambda *_arguments: False)


def _takes_any_code(monkeypatch: pytest.MonkeyPatch) -> None:
    right = proofs.Try(is_right=True, is_stale=False, left=4)
    monkeypatch.setattr(proofs, "try_code", lambda *_arguments: right)


def _approves_what_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "_refuse_against_ticket", lambda *_arguments: None)


def _does_what_nobody_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        actions, "go_on", lambda session, action: actions.move(session, action, ActionState.APPROVED)
    )


def _repeats_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = action_execution.claim

    def forgetful(session: Session, action_id: int) -> Work | None:
        work = claim(session, action_id)
        return replace(work, may_have_reached_the_shop=False) if work else None

    monkeypatch.setattr(action_execution, "claim", forgetful)


def _lets_late_workers_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def anybodys(session: Session, work: Work) -> Action | None:
        return session.scalars(select(Action).where(Action.id == work.action_id)).first()

    monkeypatch.setattr(action_execution, "_mine", anybodys)


def _keeps_a_failure_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_execution, "_leave_to_staff", lambda *_arguments: None)


def _tells_nobody_that_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_execution, "_tell", lambda *_arguments: None)


def _expires_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "wake_staff", lambda *_arguments: None)


def _declines_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    end = action_execution._end

    def careless(session: Session, action: Action, _state: Any) -> None:
        end(session, action, ActionState.DECLINED)

    monkeypatch.setattr(action_execution, "_end", careless)


def _a_proposal(desk: ActingDesk, kind: ActionKind = ActionKind.REFUND) -> None:
    desk.a_customer_writes(Channel.MAIL)
    desk.a_worker_claims()
    desk.a_worker_proposes(len(desk.workers) - 1, kind)
    desk.everything_holds()
    desk.actions_hold()


def _an_approval(desk: ActingDesk) -> None:
    _a_proposal(desk)
    desk.staff_approve(0, has_read_all=True)


def _thanks_while_staff_look_into_it(desk: ActingDesk) -> None:
    desk.a_customer_writes(Channel.MAIL)
    desk.staff_reply(0, has_read_all=True)
    desk.staff_set_the_status(0, Status.IN_PROGRESS)
    desk.the_customer_thanks(0)
    desk.staff_wait_for_the_customer(0)


def _a_further_question(desk: ActingDesk) -> None:
    desk.a_customer_writes(Channel.MAIL)
    desk.staff_reply(0, has_read_all=True)
    desk.the_customer_writes_again(0)


def _an_answer_that_staff_overtake(desk: ActingDesk) -> None:
    desk.a_customer_writes(Channel.MAIL)
    desk.a_worker_claims()
    desk.a_worker_replies(0)
    desk.everything_holds()
    desk.staff_assign(0, "AGENT-1")


def _the_same_wish_twice(desk: ActingDesk) -> None:
    for number in (0, 0):
        desk.answers = number  # So that it is about the same order.
        desk.the_customer_writes_again(0) if desk.conversations else desk.a_customer_writes(Channel.API)
        desk.a_worker_claims()
        desk.a_worker_proposes(0, ActionKind.REFUND)
        desk.actions_hold()
    for place in range(len(desk.actions)):
        desk.staff_approve(place, has_read_all=True)
        desk.an_action_is_executed(place, ShopFate.DONE, tells_fates=True)


def _a_wrong_code(desk: ActingDesk) -> None:
    _a_proposal(desk, ActionKind.CLOSE_ACCOUNT)
    desk.a_code_is_mailed(0, Fate.TAKEN)
    desk.the_customer_writes_a_code(0, is_right=False)


def _a_message_before_the_approval(desk: ActingDesk) -> None:
    _a_proposal(desk)
    desk.the_customer_writes_again(0)
    desk.staff_approve(0, has_read_all=False)


def _a_job_for_what_waits_for_staff(desk: ActingDesk) -> None:
    _a_proposal(desk)
    desk.an_action_is_executed(0, ShopFate.DONE, tells_fates=True)


def _a_crash_after_the_shops_answer(desk: ActingDesk) -> None:
    _an_approval(desk)
    desk.an_action_is_executed(0, ShopFate.KILLED_AFTER, tells_fates=True)
    desk.time_passes(130.0)
    desk.an_action_is_executed(0, ShopFate.DONE, tells_fates=True)


def _a_slow_shop(desk: ActingDesk) -> None:
    _a_proposal(desk, ActionKind.RESEND)
    desk.an_action_is_executed(0, ShopFate.SLOW, tells_fates=True)


def _a_refusal_by_the_shop(desk: ActingDesk) -> None:
    _an_approval(desk)
    desk.staff_reply(0, has_read_all=True)
    desk.an_action_is_executed(0, ShopFate.REFUSED, tells_fates=True)


def _nothing_that_can_be_sent(desk: ActingDesk) -> None:
    """Staff have written since they approved: it is theirs to tell."""
    _an_approval(desk)
    desk.staff_reply(0, has_read_all=True)
    desk.an_action_is_executed(0, ShopFate.DONE, tells_fates=True)


def _an_expiry(desk: ActingDesk) -> None:
    _a_proposal(desk)
    desk.staff_reply(0, has_read_all=True)
    for _ in range(12):
        desk.time_passes(100_000.0)
    desk.sweeps_of_actions_run()


FAULTS: dict[Fault, Story] = {
    _takes_thanks_for_a_question: _thanks_while_staff_look_into_it,
    _takes_a_question_for_thanks: _a_further_question,
    _counts_a_withdrawn_answer: _an_answer_that_staff_overtake,
    _proposes_the_same_again: _the_same_wish_twice,
    _takes_any_code: _a_wrong_code,
    _approves_what_was_not_read: _a_message_before_the_approval,
    _does_what_nobody_approved: _a_job_for_what_waits_for_staff,
    _repeats_blindly: _a_crash_after_the_shops_answer,
    _declines_what_is_under_way: _a_crash_after_the_shops_answer,
    _lets_late_workers_record: _a_slow_shop,
    _keeps_a_failure_to_itself: _a_refusal_by_the_shop,
    _tells_nobody_that_it_is_done: _nothing_that_can_be_sent,
    _expires_in_silence: _an_expiry,
}
