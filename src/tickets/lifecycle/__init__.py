"""Every change of a ticket's state, and nothing else changes it: receive, claim, reply, escalate, resolve."""

from tickets.lifecycle.arrivals import (
    answer_deadline_s,
    append_message,
    append_notice,
    open_at_once,
    open_ticket,
)
from tickets.lifecycle.corrections import Corrections, correct
from tickets.lifecycle.outcomes import claim, escalate, release, reply
from tickets.lifecycle.staff_work import (
    add_note,
    assign,
    lock,
    mark_learned,
    refuse_unseen,
    set_status,
    staff_reply,
)
from tickets.lifecycle.states import DONE, TRANSITIONS
from tickets.lifecycle.takeover import give_up, hand_to_staff
from tickets.lifecycle.telling import tell, tell_once

__all__ = [
    "DONE",
    "TRANSITIONS",
    "Corrections",
    "add_note",
    "answer_deadline_s",
    "append_message",
    "append_notice",
    "assign",
    "claim",
    "correct",
    "escalate",
    "give_up",
    "hand_to_staff",
    "lock",
    "mark_learned",
    "open_at_once",
    "open_ticket",
    "refuse_unseen",
    "release",
    "reply",
    "set_status",
    "staff_reply",
    "tell",
    "tell_once",
]
