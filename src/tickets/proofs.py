"""The rows of one-time codes and links: made, mailed, tried, used up. `verification` decides what follows from them.

Only hashes are kept, bound to their action and its ticket: a code of one action opens no other.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import jobs
from runtime.data_folder import secret_key
from runtime.errors import Conflict
from tickets import timeline
from tickets.action_kinds import ActionState
from tickets.action_models import Action, ActionProof
from tickets.contracts import Author

SEND_CODE = "ingestion.codes.send_code"
MOST_TRIES = 5
VALID_S = 600
DIGITS = 6
_MOST_CODES = 3
_SENDING_S = 180.0
_MOST_ATTEMPTS = 8
_FIRST_PAUSE_S = 5.0


@dataclass(frozen=True)
class Sending:
    """A code that is to be mailed now. It is known here alone, and is gone when the mail is."""

    action_id: int
    token: str
    code: str
    link: str

    def __repr__(self) -> str:
        return f"Sending({self.action_id})"


def open_for(session: Session, action: Action) -> None:
    """Ask for a code to be mailed to the customer's verified address, when the transaction is durable."""
    session.execute(insert(ActionProof).values(action_id=action.id, send_at=func.now()))
    jobs.request(session, SEND_CODE, action.id)


def send_again(session: Session, action: Action, *, actor: str) -> None:
    """Another code in place of the last one. Raises Conflict when enough were sent."""
    asked = session.execute(
        update(ActionProof)
        .where(ActionProof.action_id == action.id, ActionProof.codes_sent < _MOST_CODES)
        .values(send_at=func.now(), claim_token=None, attempts=0)
        .returning(ActionProof.action_id)
    ).first()
    if asked is None or action.state != ActionState.AWAITING_VERIFICATION:
        raise Conflict("No further code can be sent for this action.", field="action")
    jobs.request(session, SEND_CODE, action.id)
    _record(session, action, "code_asked", actor=actor)


def claim_sending(session: Session, action_id: int) -> Sending | None:
    """Make a code, keep its hash, take the mailing. None when none is due or somebody else is at it."""
    row = session.execute(
        select(ActionProof, Action)
        .join(Action, Action.id == ActionProof.action_id)
        .where(
            ActionProof.action_id == action_id,
            ActionProof.send_at <= func.now(),
            ActionProof.codes_sent < _MOST_CODES,
            Action.state == ActionState.AWAITING_VERIFICATION,
        )
        .with_for_update(skip_locked=True, of=ActionProof)
    ).first()
    if row is None:
        return None
    proof, action = row
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    link = secrets.token_urlsafe(24)
    proof.claim_token = secrets.token_hex(16)
    proof.code_hash, proof.link_hash = _hash_of(action, code), _hash_of(action, link)
    proof.tries, proof.attempts = 0, proof.attempts + 1
    proof.valid_until = func.now() + timedelta(seconds=VALID_S)
    proof.send_at = func.now() + timedelta(seconds=_SENDING_S)
    session.flush()
    return Sending(action.id, proof.claim_token, code, f"{action.public_id}.{link}")


def remember_mail(session: Session, sending: Sending, mail_id: str) -> None:
    """Under which Message-ID the code leaves, so that a bounce of it is known."""
    session.execute(
        update(ActionProof)
        .where(ActionProof.action_id == sending.action_id, ActionProof.claim_token == sending.token)
        .values(mail_id=mail_id)
    )


def mailed_as(session: Session, mail_id: str) -> Action | None:
    """The action whose newest code left with this Message-ID."""
    query = select(Action).join(ActionProof, ActionProof.action_id == Action.id)
    return session.scalars(query.where(ActionProof.mail_id == mail_id, ActionProof.mail_id != "")).first()


def mark_sent(session: Session, sending: Sending) -> Action | None:
    """The mail is on its way; the action it is for, or None when another code was made meanwhile."""
    sent = session.execute(
        update(ActionProof)
        .where(ActionProof.action_id == sending.action_id, ActionProof.claim_token == sending.token)
        .values(send_at=None, claim_token=None, attempts=0, codes_sent=ActionProof.codes_sent + 1)
        .returning(ActionProof.action_id)
    ).first()
    if sent is None:
        return None
    action = session.scalars(select(Action).where(Action.id == sending.action_id)).one()
    _record(session, action, "code_sent", actor=Author.SYSTEM)
    return action


def postpone(session: Session, sending: Sending) -> bool:
    """It was not sent. False: it was tried too often, staff have to look."""
    proof = session.scalars(
        select(ActionProof)
        .where(ActionProof.action_id == sending.action_id, ActionProof.claim_token == sending.token)
        .with_for_update()
    ).first()
    if proof is None:
        return True
    given_up = proof.attempts >= _MOST_ATTEMPTS
    pause_s = _FIRST_PAUSE_S * 2**proof.attempts
    proof.claim_token = None
    proof.send_at = None if given_up else func.now() + timedelta(seconds=pause_s)
    session.flush()
    return not given_up


def due(session: Session) -> list[int]:
    """Actions whose code is not mailed although it should be: the job was lost, or its process died."""
    query = (
        select(ActionProof.action_id)
        .join(Action, Action.id == ActionProof.action_id)
        .where(
            ActionProof.send_at < func.now() - timedelta(seconds=_FIRST_PAUSE_S),
            ActionProof.codes_sent < _MOST_CODES,
            Action.state == ActionState.AWAITING_VERIFICATION,
        )
    )
    return list(session.scalars(query.limit(100)))


@dataclass(frozen=True)
class Try:
    """One try of a code. `left` is how many more there are."""

    is_right: bool
    is_stale: bool
    left: int


def try_code(session: Session, action: Action, code: str) -> Try:
    """Uses up one try before it looks, so that no number of tries at once is more than five."""
    proof = session.scalars(
        select(ActionProof)
        .where(ActionProof.action_id == action.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if proof.code_hash is None or proof.tries >= MOST_TRIES:
        return Try(is_right=False, is_stale=proof.code_hash is None, left=0)
    if _is_over(session, proof):
        return Try(is_right=False, is_stale=True, left=MOST_TRIES - proof.tries)
    proof.tries += 1
    session.flush()
    is_right = hmac.compare_digest(proof.code_hash, _hash_of(action, code))
    return Try(is_right, is_stale=False, left=MOST_TRIES - proof.tries)


def is_live_link(session: Session, action: Action, link: str) -> bool:
    """Whether the link would be taken now. It is longer than anybody can guess, so tries are not counted."""
    proof = session.scalars(
        select(ActionProof)
        .where(ActionProof.action_id == action.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if proof is None or proof.link_hash is None or action.state != ActionState.AWAITING_VERIFICATION:
        return False
    return hmac.compare_digest(proof.link_hash, _hash_of(action, link)) and not _is_over(session, proof)


def close(session: Session, action_id: int) -> None:
    """Used, or of no use any more: neither the code nor the link opens anything."""
    session.execute(
        update(ActionProof)
        .where(ActionProof.action_id == action_id)
        .values(code_hash=None, link_hash=None, send_at=None, claim_token=None)
    )


def _is_over(session: Session, proof: ActionProof) -> bool:
    now = session.scalars(select(func.clock_timestamp())).one()
    return proof.valid_until is None or proof.valid_until < now


def _hash_of(action: Action, secret: str) -> bytes:
    bound = f"action.proof.{action.public_id}.{action.ticket_id}.{action.customer_mail}.{secret}"
    return hmac.new(secret_key(), bound.encode(), hashlib.sha256).digest()


def _record(session: Session, action: Action, happened: str, *, actor: str) -> None:
    timeline.record(
        session, action.ticket_id, happened, actor=actor, action=action.public_id, what=action.kind
    )
