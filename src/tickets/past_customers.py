"""The customers of many past tickets at once, found by the same identities as `tickets.customers` finds one."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from tickets.contracts import Channel
from tickets.customers import MAIL, identity_kind, normalised
from tickets.models import CustomerIdentity
from tickets.public_ids import new_customer_id

# In the order of the keys, so that two imports cannot wait for one another.
_LOCK = text("select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(cast(:keys as text[])) key")
_INSERT_CUSTOMERS = text("""
insert into customers (public_id, name)
select * from unnest(cast(:keys as text[]), cast(:names as text[])) returning id, public_id
""")
_INSERT_IDENTITIES = text("""
insert into customer_identities (kind, value, customer_id)
select * from unnest(cast(:kinds as text[]), cast(:values as text[]), cast(:customers as bigint[]))
""")


class Person(NamedTuple):
    """An identity: its namespace, and the value in it."""

    kind: str
    value: str


def person_of(channel: Channel, identity: str) -> Person:
    """A mail address is the same person whichever desk it comes from."""
    kind = MAIL if "@" in identity else identity_kind(channel, identity)
    return Person(kind, normalised(identity))


def customer_ids(session: Session, people: Mapping[Person, str]) -> dict[Person, int]:
    """The id of each person; those that are not there are created with the name given, safe against others."""
    found = _known(session, people)
    missing = sorted(person for person in people if person not in found)
    if not missing:
        return found
    session.execute(_LOCK, {"keys": [f"{person.kind}:{person.value}" for person in missing]})
    found |= _known(session, missing)
    missing = [person for person in missing if person not in found]
    if missing:
        found |= _created(session, {person: people[person] for person in missing})
    return found


def _known(session: Session, people: Iterable[Person]) -> dict[Person, int]:
    columns = (CustomerIdentity.kind, CustomerIdentity.value)
    query = select(*columns, CustomerIdentity.customer_id).where(tuple_(*columns).in_(list(people)))
    return {Person(kind, value): customer_id for kind, value, customer_id in session.execute(query)}


def _created(session: Session, people: Mapping[Person, str]) -> dict[Person, int]:
    by_public_id = {new_customer_id(): person for person in people}
    names = [people[person] for person in by_public_id.values()]
    made = session.execute(_INSERT_CUSTOMERS, {"keys": list(by_public_id), "names": names})
    found = {by_public_id[public_id]: customer_id for customer_id, public_id in made}
    values = {
        "kinds": [one.kind for one in found],
        "values": [one.value for one in found],
        "customers": list(found.values()),
    }
    session.execute(_INSERT_IDENTITIES, values)
    return found
