"""Whether a customer is who they are: a code typed into the conversation, or a link from a mail to their own address.

Intake hands every further message of a customer to `take_code` before it is stored.
"""

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from runtime import limits
from runtime.errors import Conflict, NotFound, RateLimited
from runtime.redaction import Kind
from tickets import actions, lifecycle, proofs
from tickets.action_kinds import ActionState
from tickets.action_models import Action
from tickets.contracts import Author, Reason
from tickets.proof_texts import text_of
from tickets.vault import Secret

_CODE = re.compile(r"(?<![\w#-])(?<!\d[ .])(\d{3})[ -]?(\d{3})(?![\w-])(?![ .]\d)")
_ALONE = re.compile(r"^\W{0,3}\d{3}[ -]?\d{3}\W{0,3}$")
_LINK = re.compile(r"ACT-[0-9A-Z]{16}\.[\w-]{20,60}")
_MOST_CHARACTERS = 4_000
_TRIES_PER_MINUTE = 5


@dataclass(frozen=True)
class Awaited:
    """A message that held a code: its text without it, and the action that it is for."""

    text: str
    secret: Secret
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


def take_code(session: Session, ticket_id: int, text: str, *, beside: str) -> Awaited | None:
    """The code in a message of a ticket that waits for one, taken out of the text; None: it holds none.

    `beside`: the message's other texts, so that no placeholder stands for two things.
    """
    found = _code_in(text)
    action = awaits(session, ticket_id) if found else None
    if found is None or action is None:
        return None
    placeholder = next(
        name for n in range(1, 10_000) if (name := f"[{Kind.SECRET} {n}]") not in text and name not in beside
    )
    code = found[1] + found[2]
    # Also where the mail with the code was quoted and could not be told from what is new.
    without = _CODE.sub(lambda match: placeholder if match[1] + match[2] == code else match[0], text)
    secret = Secret(Kind.SECRET, placeholder, found[0])
    return Awaited(_LINK.sub(f"[{Kind.SECRET}]", without), secret, action.id, code)


def without_codes(quoted: str) -> str:
    """The quoted part of an answer to our mail, without the code and the link that stood in it."""
    return _CODE.sub(f"[{Kind.SECRET}]", _LINK.sub(f"[{Kind.SECRET}]", quoted))


def _code_in(text: str) -> re.Match[str] | None:
    """The number that is a line by itself, else the first: a message may also name an order."""
    first = None
    start = 0
    for line in text[:_MOST_CHARACTERS].splitlines(keepends=True):
        match = _CODE.search(text, start, start + len(line))
        if match and _ALONE.match(line.strip()):
            return match
        first = first or match
        start += len(line)
    return first


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
    action = session.scalars(
        select(Action).where(Action.public_id == public_id[:40]).with_for_update()
    ).first()
    if action is None or not link or not proofs.is_live_link(session, action, link):
        raise NotFound("This link has been used, or it is too old.")
    return action


def tell_of_code(session: Session, action: Action) -> None:
    """Where the mail is not the conversation itself, the customer is told to look into it."""
    lifecycle.tell(session, action.ticket_id, text_of("sent", action.language))


def send_again(session: Session, public_id: str, *, staff: str) -> None:
    """Staff ask for another code. Raises NotFound, and Conflict when the action waits for none."""
    action = session.scalars(select(Action).where(Action.public_id == public_id).with_for_update()).first()
    if action is None:
        raise NotFound(f"There is no action {public_id[:40]}.")
    if action.state != ActionState.AWAITING_VERIFICATION:
        raise Conflict("This action waits for no code.", field="action")
    proofs.send_again(session, action, actor=staff)
