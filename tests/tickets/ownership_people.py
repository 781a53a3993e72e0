"""Who acts on the desk of the ownership test: customers who write again, a sender with a script, and time."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, update

from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from tests.samples import a_message
from tickets.action_models import Action, ActionProof
from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing
from tickets.models import Customer, CustomerIdentity, Message, ReceivedMessage, Ticket

_TICKET_MOMENTS = (
    Ticket.answer_due_at, Ticket.staff_due_at, Ticket.claimed_until, Ticket.created_at, Ticket.updated_at,
    Ticket.resolved_at, Ticket.snoozed_until,
)  # fmt: skip
_ACTION_MOMENTS = (
    Action.due_at, Action.expires_at, Action.verified_at, Action.proposed_at, Action.approved_at, Action.ended_at,
)  # fmt: skip
_PROOF_MOMENTS = (ActionProof.send_at, ActionProof.valid_until)
_MESSAGE_MOMENTS = (Message.created_at, Message.deliver_after, Message.delivered_at)


class Killed(BaseException):
    """The process ends in the middle of a send."""


class Fate(StrEnum):
    """What becomes of a send."""

    TAKEN = "taken"
    BUSY = "busy"
    REFUSED = "refused"
    SILENT = "silent"
    KILLED = "killed"


class ScriptedSender:
    """Stands for every channel."""

    def __init__(self) -> None:
        self.fate = Fate.TAKEN
        self.evidence: bool | None = None

    def send(self, _outgoing: Outgoing) -> None:
        errors: dict[Fate, BaseException] = {
            Fate.BUSY: Retryable("busy"),
            Fate.REFUSED: Permanent("refused"),
            Fate.SILENT: FateUnknown("no answer"),
            Fate.KILLED: Killed(),
        }
        if error := errors.get(self.fate):
            raise error

    def was_sent(self, _outgoing: Outgoing) -> bool | None:
        return self.evidence


@dataclass
class Conversation:
    """The customer's side of it: how they write again."""

    message: IncomingMessage

    def again(self) -> IncomingMessage:
        fresh = a_message(channel=self.message.channel, thread=self.message.thread)
        follows = replace(fresh, identity=self.message.identity)
        return self._answering(follows) if self.message.mail else follows

    def _answering(self, message: IncomingMessage) -> IncomingMessage:
        assert message.mail is not None
        assert self.message.mail is not None
        return replace(message, mail=replace(message.mail, in_reply_to=self.message.mail.message_id))


def forget_everything() -> None:
    with transaction() as session:
        for table in (Ticket, ReceivedMessage, CustomerIdentity, Customer):
            session.execute(delete(table))


def let_time_pass(seconds: float) -> None:
    """All moments of the rows move into the past: the same as waiting."""
    ago = timedelta(seconds=seconds)
    with transaction() as session:
        for table, moments in (
            (Ticket, _TICKET_MOMENTS), (Message, _MESSAGE_MOMENTS), (Action, _ACTION_MOMENTS),
            (ActionProof, _PROOF_MOMENTS),
        ):  # fmt: skip
            session.execute(update(table).values({column: column - ago for column in moments}))
