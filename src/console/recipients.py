"""Who gets a reply of staff by mail, as the composer's page says it."""

from tickets.contracts import Channel, Kind
from tickets.queries import Details
from tickets.recipients import Recipients, of_mail


def of_reply(details: Details) -> Recipients | None:
    """None where a reply does not go by mail."""
    ticket = details.ticket
    if ticket.channel != Channel.MAIL:
        return None
    known = [one.value for one in details.identities if one.kind == "mail"]
    customer = ticket.identity if ticket.identity in known else next(iter(known), "")
    newest = next((one for one in reversed(details.messages) if one.kind == Kind.INBOUND), None)
    return of_mail(
        customer=customer,
        reply_to=newest.reply_to if newest else "",
        copied=newest.copied if newest else (),
        ours=ticket.desk_address,
        by_agent=False,
    )
