"""Whose past was erased. The history of another desk is asked against it, so that nothing comes back by an import.

A customer who writes anew is a new customer: the erasure was of the past.
"""

import hashlib
import hmac
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.data_folder import retired_secret_keys, secret_key
from tickets.erasure_models import Tombstone
from tickets.past_customers import Person


def raise_over(session: Session, people: Collection[Person]) -> int:
    """Remember these identities as erased; returns how many."""
    rows = [{"digest": digest(one, key=secret_key())} for one in people]
    if rows:
        session.execute(insert(Tombstone).values(rows).on_conflict_do_nothing())
    return len(rows)


def erased(session: Session, people: Collection[Person]) -> set[Person]:
    """Those of them whose past was erased, also under a secret key that was retired since."""
    if not people or session.scalar(select(Tombstone.digest).limit(1)) is None:
        return set()
    keys = (secret_key(), *retired_secret_keys())
    by_digest = {digest(one, key=key): one for one in people for key in keys}
    found = session.scalars(select(Tombstone.digest).where(Tombstone.digest.in_(by_digest)))
    return {by_digest[one] for one in found}


def digest(person: Person, *, key: bytes) -> str:
    return keyed(f"{person.kind}\0{person.value}", key=key, purpose=b"tombstone")


def keyed(text: str, *, key: bytes, purpose: bytes) -> str:
    """A digest that says nothing to who lacks the key, however short the text was."""
    return hmac.new(key, purpose + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
