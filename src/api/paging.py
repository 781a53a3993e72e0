"""Pages of lists that are short enough to be read whole. A cursor names the place of the last one that was shown."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from runtime.errors import InvalidInput

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=400, description="`next_cursor` of the page before.")]
Place = list[str | int]
_T = TypeVar("_T")


def page_of(
    found: Sequence[_T],
    place: Callable[[_T], Place],
    *,
    limit: int,
    cursor: str,
    newest_first: bool = False,
) -> tuple[list[_T], str | None]:
    """One page in the order of `place`, and the cursor of the next one. Raises InvalidInput for a foreign cursor.

    What was added or removed meanwhile neither repeats nor skips any of the others.
    """
    ordered = sorted(found, key=place, reverse=newest_first)
    if cursor:
        after = _read(cursor, like=place(ordered[0]) if ordered else None)
        ordered = [one for one in ordered if (place(one) < after if newest_first else place(one) > after)]
    shown = ordered[:limit]
    more = len(ordered) > limit
    return shown, _written(place(shown[-1])) if more else None


def _written(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str, *, like: Place | None) -> Place:
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        read = None
    if not isinstance(read, list) or (like is not None and [*map(type, read)] != [*map(type, like)]):
        raise InvalidInput("The cursor is not one of ours.", field="cursor")
    return read
