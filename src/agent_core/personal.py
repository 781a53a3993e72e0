"""What a reply knows of this customer beside the question: tier, own orders, what they asked lately. Pure."""

import re

from agent_core.languages import find_phrase, frame
from runtime.settings import settings
from tickets.contracts import Author, Case, RecentTicket

_USUAL_TIER = "standard"
_TIER = re.compile(r"[^\W_][\w -]{0,29}")


def asks_about_own_order(case: Case, *, category: str, language: str) -> bool:
    """ "Where is my parcel?", without the order's number."""
    said = f"{case.subject}\n{case.question}"
    return category == "shipping" and find_phrase("own_order", said, language) is not None


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
