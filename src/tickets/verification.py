"""Whether a customer is who they are: a code typed into the conversation, or a link from a mail to their own address.

Intake hands every further message of a customer to `take_code` before it is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from runtime import limits
from runtime.errors import Conflict, NotFound, RateLimited
from runtime.redaction import Kind
from tickets import actions, code_finding, lifecycle, proofs
from tickets.action_kinds import ActionState
from tickets.action_models import Action
from tickets.code_finding import code_in, without_code, written
from tickets.contracts import Author, FailedDelivery, Reason
from tickets.models import Ticket
from tickets.proof_texts import text_of
from tickets.vault import Secret

_LINK = re.compile(r"ACT-[0-9A-Z]{16}\.[\w-]{20,60}")
_TRIES_PER_MINUTE = 5


@dataclass(frozen=True)
class Awaited:
    """A message that held a code: its text without it, what is to be sealed still, and the action that it is for."""

    text: str
    secrets: tuple[Secret, ...]
    action_id: int
    code: str

    def __repr__(self) -> str:
        return f"Awaited({self.action_id})"


def awaits(session: Session, ticket_id: int) -> Action | None:
    """The action of the ticket that waits for its customer's code; the newest, if there are several."""
    query = (
        select(Action)
        .where(
            Action.ticket_id == ticket_id,
            Action.state == ActionState.AWAITING_VERIFICATION,
            Action.expires_at > func.now(),
        )
        .order_by(Action.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def take_code(
    session: Session, ticket_id: int, text: str, *, beside: str, secrets: Sequence[Secret] = ()
) -> Awaited | None:
    """The code in a message of a ticket that waits for one, taken out of the text; None: it holds none.

    `beside`: the message's other texts, so that no placeholder stands for two things. `secrets`: what was taken out
    of the text before, where the code may be among them.
    """
    kept = next((one for one in secrets if one.placeholder in text and code_in(one.value)), None)
    code = code_in(kept.value if kept else text)
    action = awaits(session, ticket_id) if code else None
    if code is None or action is None:
        return None
    secret = kept or Secret(Kind.SECRET, _placeholder(text, beside), written(text, code))
    # Also where the mail with the code was quoted and could not be told from what is new.
    without = _LINK.sub(f"[{Kind.SECRET}]", without_code(text, code, secret.placeholder))
    return Awaited(without, () if kept else (secret,), action.id, code)


def _placeholder(text: str, beside: str) -> str:
    return next(
        name for n in range(1, 10_000) if (name := f"[{Kind.SECRET} {n}]") not in text and name not in beside
    )


def without_codes(quoted: str) -> str:
    """The quoted part of an answer to our mail, without the code and the link that stood in it."""
    return code_finding.without_codes(_LINK.sub(f"[{Kind.SECRET}]", quoted), f"[{Kind.SECRET}]")


def settle(session: Session, awaited: Awaited) -> bool:
    """Try the code, with the message stored; the customer is told what came of it. True: it was right."""
    action = session.scalars(
        select(Action)
        .where(Action.id == awaited.action_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if action.state != ActionState.AWAITING_VERIFICATION:
        return False
    try:
        limits.take(f"code:{action.customer_id}", per_minute=_TRIES_PER_MINUTE)
    except RateLimited:
        lifecycle.tell(session, action.ticket_id, text_of("too_fast", action.language))
        return False
    tried = proofs.try_code(session, action, awaited.code)
    if tried.is_right:
        _verified(session, action)
        return True
    _refuse(session, action, tried)
    return False


def _refuse(session: Session, action: Action, tried: proofs.Try) -> None:
    actions.record(session, action, "code_refused", actor=Author.CUSTOMER)
    if tried.is_stale:
        lifecycle.tell(session, action.ticket_id, text_of("stale", action.language))
    elif tried.left:
        lifecycle.tell(session, action.ticket_id, text_of("wrong", action.language, left=tried.left))
    else:
        proofs.close(session, action.id)
        actions.record(session, action, "code_used_up", actor=Author.SYSTEM)
        lifecycle.tell(session, action.ticket_id, text_of("used_up", action.language))


def _verified(session: Session, action: Action) -> None:
    proofs.close(session, action.id)
    action.verified_at = func.now()
    session.flush()
    actions.record(session, action, "action_verified", actor=Author.CUSTOMER)
    actions.go_on(session, action)
    # Whatever the ticket waited for meanwhile: the action is staff's to decide now, with a deadline.
    lifecycle.hand_to_staff(session, action.ticket_id, Reason.HIGH_STAKES_ACTION)
    lifecycle.tell(session, action.ticket_id, text_of("right", action.language))


def wish_of(action: Action) -> str:
    """What the customer is asked to confirm, in their language."""
    detail = action.arguments.get("address") or action.arguments.get("plan") or ""
    wish = text_of(action.kind, action.language)
    return f"{wish}: {detail}" if detail else wish


@dataclass(frozen=True)
class Asked:
    """What a person who follows the link is asked to confirm."""

    sentence: str
    language: str


def read_link(session: Session, token: str) -> Asked:
    """What the link is for; it changes nothing. Raises NotFound for one that is wrong, used or too old."""
    action = _of_link(session, token)
    return Asked(wish_of(action), action.language)


def confirm_link(session: Session, token: str) -> None:
    """The person pressed the button. It works once. Raises NotFound as `read_link` does."""
    _verified(session, _of_link(session, token))


def _of_link(session: Session, token: str) -> Action:
    public_id, _, link = token.partition(".")
    action = _locked(session, public_id[:40])
    if action is None or not link or not proofs.is_live_link(session, action, link):
        raise NotFound("This link has been used, or it is too old.")
    return action


def _locked(session: Session, public_id: str) -> Action | None:
    """The ticket's row first, as everywhere: a message that comes now locks it before it tries a code."""
    ticket_id = session.scalar(select(Action.ticket_id).where(Action.public_id == public_id))
    session.scalar(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())
    query = select(Action).where(Action.public_id == public_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).first()


def mark_bounced(session: Session, action: Action, failure: FailedDelivery) -> None:
    """The mail with the code came back: staff have to find another way to know the customer."""
    is_waiting = action.state == ActionState.AWAITING_VERIFICATION
    was_told = not failure.recipient or failure.recipient.lower() == action.customer_mail.lower()
    if failure.final and is_waiting and was_told:
        proofs.close(session, action.id)
        actions.record(session, action, "code_failed", actor=Author.SYSTEM)
        lifecycle.hand_to_staff(session, action.ticket_id, Reason.DELIVERY_FAILED)


def tell_of_code(session: Session, action: Action) -> None:
    """Where the mail is not the conversation itself, the customer is told to look into it."""
    lifecycle.tell(session, action.ticket_id, text_of("sent", action.language))


def send_again(session: Session, public_id: str, *, staff: str) -> None:
    """Staff ask for another code. Raises NotFound, and Conflict when the action waits for none."""
    action = _locked(session, public_id)
    if action is None:
        raise NotFound(f"There is no action {public_id[:40]}.")
    if action.state != ActionState.AWAITING_VERIFICATION:
        raise Conflict("This action waits for no code.", field="action")
    proofs.send_again(session, action, actor=staff)
