"""Every change of a ticket's state, and nothing else changes it: receive, claim, reply, escalate, resolve."""

from tickets.lifecycle.arrivals import (
    answer_deadline_s,
    append_message,
    append_notice,
    open_at_once,
    open_ticket,
)
from tickets.lifecycle.corrections import Corrections, correct
from tickets.lifecycle.following import follow_merges
from tickets.lifecycle.handing_back import hand_back
from tickets.lifecycle.merging import merge, split
from tickets.lifecycle.openings import FirstMessage, open_by_staff
from tickets.lifecycle.outcomes import claim, escalate, release, reply
from tickets.lifecycle.resting import snooze, wake_snoozed
from tickets.lifecycle.staff_work import (
    add_note,
    assign,
    lock,
    mark_learned,
    refuse_unseen,
    set_status,
    staff_reply,
)
from tickets.lifecycle.states import DONE, NEED_MORE, TRANSITIONS
from tickets.lifecycle.takeover import give_up, hand_to_staff
from tickets.lifecycle.telling import tell, tell_once
from tickets.lifecycle.undoing import undo_reply

__all__ = [
    "DONE",
    "NEED_MORE",
    "TRANSITIONS",
    "Corrections",
    "FirstMessage",
    "add_note",
    "answer_deadline_s",
    "append_message",
    "append_notice",
    "assign",
    "claim",
    "correct",
    "escalate",
    "follow_merges",
    "give_up",
    "hand_back",
    "hand_to_staff",
    "lock",
    "mark_learned",
    "merge",
    "open_at_once",
    "open_by_staff",
    "open_ticket",
    "refuse_unseen",
    "release",
    "reply",
    "set_status",
    "snooze",
    "split",
    "staff_reply",
    "tell",
    "tell_once",
    "undo_reply",
    "wake_snoozed",
]
