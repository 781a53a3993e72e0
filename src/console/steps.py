"""The lines of a ticket's timeline, and what the notices on it are called. Pure; called by the templates."""

from collections.abc import Mapping
from enum import StrEnum

from console import action_panel
from console.words import CHANNELS, STATUSES, humanised, reason_label
from tickets.contracts import Author, Channel, Reason, Status
from tickets.language_names import language_name

_ACTORS: dict[str, str] = {Author.CUSTOMER: "Customer", Author.AGENT: "AI", Author.SYSTEM: "deskfleet"}


class Automatic(StrEnum):
    """Who wrote a notice, as intake notes it: a kind of machine, or a person in copy."""

    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MAILING_LIST = "mailing_list"
    OWN_MAIL = "own_mail"
    NO_REPLY = "no_reply"
    PARTICIPANT = "participant"


# The step of the timeline, and what stands before and after the writer's name in the conversation. Not every
# report of a mail server is of a failure: some only speak of a delay.
NOTICES: dict[Automatic, tuple[str, str, str]] = {
    Automatic.AUTO_REPLY: ("An automatic reply came", "Automatic reply from", ""),
    Automatic.BOUNCE: (
        "A mail server reported a problem with a mail of ours",
        "Delivery problem:",
        "reports",
    ),
    Automatic.COMPLAINT: ("A mail of ours was reported as unwanted", "Reported as unwanted:", "writes"),
    Automatic.MAILING_LIST: ("A mailing list wrote", "Mailing list:", "wrote"),
    Automatic.OWN_MAIL: ("A mail from one of our own addresses came", "Our own address:", "wrote"),
    Automatic.NO_REPLY: ("An address that takes no answers wrote", "Takes no answers:", "wrote"),
    Automatic.PARTICIPANT: ("Somebody in copy wrote", "In copy:", "wrote"),
}
_OTHER = ("An automatic message came", "Automatic message from", "")


def notice(automatic: str) -> tuple[str, str, str]:
    """The words of a notice; of a kind that is not known yet they are general."""
    return NOTICES[Automatic(automatic)] if automatic in list(Automatic) else _OTHER


def step(
    kind: str, actor: str, data: Mapping[str, object], names: Mapping[str, str], channel: str = ""
) -> str:
    """One line of the timeline. `names`: public id of staff → name; `channel`: the ticket's."""
    who = _ACTORS.get(actor) or names.get(actor, actor)
    assignee = str(data.get("assignee") or "")
    said = {
        "received": f"{who} wrote",
        "noticed": notice(str(data.get("automatic") or ""))[0],
        "replied": f"{who} replied",
        "escalated": f"{who} handed it to staff: {_reason(data)}",
        "delivered": "The reply was delivered",
        "status": f"{who} set the status to {_status(data)}",
        "assigned": f"{who} assigned it to {names.get(assignee, assignee) or 'nobody'}",
        "routed": f"{who} put it into the queue {data.get('queue') or 'of somebody'}",
        "noted": f"{who} added a note",
        "translated": f"{who} translated a message into {language_name(str(data.get('language') or ''))}",
        "rated": f"{who} rated the chat {_rating(data)}",
        "corrected": f"{who} corrected the AI: {_corrections(data)}",
        "handover_told": "The customer was told that a colleague answers",
        "judged": f"{who} called the AI’s answer {data.get('verdict')}",
        "resolution_noted": f"{who} noted what solved it",
        "summarised": "The conversation was summarised",
        "deadline_near": "The deadline came near",
        "survey_sent": "The customer was asked how it was",
        "opened": f"{who} opened the ticket",
        "snoozed": f"{who} put it aside until {str(data.get('until') or '')[:16].replace('T', ' ')} UTC",
        "woke": "It is back: the pause is over",
        "handed_back": f"{who} handed it back to the AI",
        "withdrawn": f"{who} took the reply back before it was sent",
        "merged": f"{who} merged it into {data.get('into')}",
        "merged_in": f"{who} merged {data.get('ticket')} into it",
        "split": f"{who} split a message off into {data.get('into')}",
        "split_from": f"{who} split it off {data.get('ticket')}",
    }
    told = said.get(kind) or _told(kind, data, channel) or action_panel.step(kind, who, data)
    return told or f"{who}: {humanised(kind)}"


def _told(kind: str, data: Mapping[str, object], channel: str) -> str:
    """What the help desk that the ticket came from was told; empty for every other kind."""
    desk = CHANNELS[Channel(channel)] if channel in list(Channel) else "the help desk"
    what = "done" if data.get("done") else "open again"
    why = f": {data['error']}" if data.get("error") else ""
    said = {
        "status_written": f"{desk} was told that it is {what}",
        "status_refused": f"{desk} did not take that it is {what}{why}",
        "status_postponed": f"{desk} could not be told yet that it is {what}{why}",
    }
    line = said.get(kind, "")
    return line[:1].upper() + line[1:]


def _corrections(data: Mapping[str, object]) -> str:
    """`category Shipping to Billing inquiry, priority Normal to High`."""
    said = []
    for field, change in data.items():
        before, after = change if isinstance(change, list) and len(change) == 2 else ("", "")
        said.append(f"{field} {humanised(str(before)) or 'none'} to {humanised(str(after))}")
    return ", ".join(said)


def _rating(data: Mapping[str, object]) -> str:
    comment = str(data.get("comment") or "")
    return f"{data.get('rating')} of 5" + (f": “{comment}”" if comment else "")


def _reason(data: Mapping[str, object]) -> str:
    reason = str(data.get("reason") or "")
    return reason_label(reason).lower() if reason in list(Reason) else "no reason given"


def _status(data: Mapping[str, object]) -> str:
    status = str(data.get("status") or "")
    return STATUSES[Status(status)] if status in list(Status) else humanised(status)
