"""What a reply knows of this customer beside the question: tier, own orders, what they asked lately. Pure."""

import re

from agent_core.languages import find_phrase, frame
from runtime.settings import settings
from tickets.contracts import Author, Case, RecentTicket

_USUAL_TIER = "standard"
_TIER = re.compile(r"[^\W_][\w -]{0,29}")
_HARDLY_MORE_THAN_A_NUMBER = 4  # Words.


def asks_about_own_order(case: Case, *, category: str, language: str) -> bool:
    """ "Where is my parcel?", without the order's number."""
    said = f"{case.subject}\n{case.question}"
    own = find_phrase("own_order", said, language) is not None
    return category == "shipping" and own and asks_for_state(case, language=language)


def asks_for_state(case: Case, *, language: str) -> bool:
    """Whether the state of an order would be an answer.

    Who has the parcel, or was told that it came, asks for something else: a lid that is missing, a zip that broke.
    A message that is hardly more than an order's number asks for its state.
    """
    said = f"{case.subject}\n{case.question}"
    if find_phrase("has_parcel", said, language):
        return False
    asked = find_phrase("order_state", said, language) is not None
    return asked or len(said.split()) <= _HARDLY_MORE_THAN_A_NUMBER


def acknowledgements(case: Case, *, language: str, group: str, category: str) -> list[str]:
    """Thanks for the message; that this is not the first ticket about it, and the tier, are told once a ticket."""
    words = frame(language, settings().agent.tone)
    usual = words["acknowledge"].get(group, words["acknowledge"]["general"])
    if any(turn.author is Author.AGENT for turn in case.earlier):
        return [usual]
    again = any(one.category == category for one in case.recent_tickets)
    special = case.customer_tier.casefold() != _USUAL_TIER and _TIER.fullmatch(case.customer_tier)
    valued = [words["valued"].format(tier=case.customer_tier)] if special else []
    return [words["again"] if again else usual, *valued]


def told_of(recent: tuple[RecentTicket, ...]) -> str:
    """The lines of a prompt about the customer's other tickets."""
    return "\n".join(
        f"- {one.opened:%Y-%m-%d}, {one.category or 'unsorted'}, {one.status}: {one.subject}"
        for one in recent
    )
