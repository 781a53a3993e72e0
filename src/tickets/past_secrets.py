"""The one place that every text of a past ticket passes on its way into a row: dangerous data goes into the vault."""

from dataclasses import dataclass, replace

from tickets.past import PastMessage, PastTicket
from tickets.vault import Secret, protect


@dataclass(frozen=True)
class SafeTicket:
    """A past ticket as it may be stored; `secrets` are what was taken out of each of its messages.

    Those of the subject are with the first message, as they are for a ticket of our own.
    """

    past: PastTicket
    secrets: tuple[tuple[Secret, ...], ...]


def safe(past: PastTicket) -> SafeTicket:
    messages: list[PastMessage] = []
    secrets: list[tuple[Secret, ...]] = []
    subject = past.subject
    for one in past.messages:
        text = protect(one.text)
        quoted = protect(one.quoted_text, after=text.secrets)
        taken = (*text.secrets, *quoted.secrets)
        if not messages:
            named = protect(subject, after=taken)
            subject, taken = named.text, (*taken, *named.secrets)
        messages.append(replace(one, text=text.text, quoted_text=quoted.text))
        secrets.append(taken)
    return SafeTicket(replace(past, subject=subject, messages=tuple(messages)), tuple(secrets))
