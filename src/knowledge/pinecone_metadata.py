"""What Pinecone knows of a vector besides its numbers, and the filters over that. Pure.

Names and times alone: no text leaves the desk, and what is longer than a name is hashed.
"""

import hashlib
import re
from datetime import datetime
from typing import Any

from knowledge.vector_store import Audience, Filters

# Seconds since 1970 that lie before and after every date: Pinecone knows no null to compare with.
_EVER, _NEVER = -1e12, 1e12
_LONGEST_NAME = 200
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def metadata(  # noqa: PLR0913  # one for each that can be filtered by
    *,
    audience: str,
    product: str,
    category: str,
    kind: str,
    updated_at: datetime,
    valid_from: datetime | None,
    valid_until: datetime | None,
) -> dict[str, str | float]:
    """What the filters need to know of an article."""
    return {
        "audience": audience,
        "product": _name(product),
        "category": _name(category),
        "kind": kind,
        "updated_at": updated_at.timestamp(),
        "valid_from": valid_from.timestamp() if valid_from else _EVER,
        "valid_until": valid_until.timestamp() if valid_until else _NEVER,
    }


def condition(filters: Filters, *, at: datetime) -> dict[str, Any]:
    """The filters in Pinecone's language; `at` is the moment at which an article must be valid."""
    narrowed: dict[str, Any] = {
        "valid_from": {"$lte": at.timestamp()},
        "valid_until": {"$gt": at.timestamp()},
    }
    if filters.audience is Audience.PUBLIC:
        narrowed["audience"] = {"$eq": Audience.PUBLIC.value}
    for key, wanted in (("product", filters.product), ("category", filters.category), ("kind", filters.kind)):
        if wanted is not None:
            narrowed[key] = {"$eq": _name(wanted)}
    if filters.updated_since is not None:
        narrowed["updated_at"] = {"$gte": filters.updated_since.timestamp()}
    return narrowed


def safe_name(model: str) -> str:
    """A model's id as a part of a namespace's name."""
    return _UNSAFE.sub("-", model)


def _name(value: str) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_NAME else hashlib.sha256(text.encode()).hexdigest()
