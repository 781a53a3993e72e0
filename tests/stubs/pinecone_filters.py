"""Pinecone's language of metadata filters, as far as it is documented."""

from collections.abc import Callable, Mapping
from typing import Any

_Number = (int, float)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda held, asked: bool(held == asked),
    "$ne": lambda held, asked: bool(held != asked),
    "$in": lambda held, asked: held in asked,
    "$nin": lambda held, asked: held not in asked,
    "$gt": lambda held, asked: bool(isinstance(held, _Number) and held > asked),
    "$gte": lambda held, asked: bool(isinstance(held, _Number) and held >= asked),
    "$lt": lambda held, asked: bool(isinstance(held, _Number) and held < asked),
    "$lte": lambda held, asked: bool(isinstance(held, _Number) and held <= asked),
}
_OF_NUMBERS = {"$gt", "$gte", "$lt", "$lte"}


def matches(condition: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata pass. Raises ValueError for what Pinecone would refuse."""
    return all(_passes(key, asked, metadata) for key, asked in condition.items())


def _passes(key: str, asked: Any, metadata: Mapping[str, Any]) -> bool:
    if key == "$and":
        return all(matches(one, metadata) for one in asked)
    if key == "$or":
        return any(matches(one, metadata) for one in asked)
    if not isinstance(asked, Mapping):
        return bool(metadata.get(key) == asked)
    return all(_compares(operator, metadata.get(key), value) for operator, value in asked.items())


def _compares(operator: str, held: Any, asked: Any) -> bool:
    if operator == "$exists":
        return (held is not None) is bool(asked)
    if operator not in _COMPARISONS or (operator in _OF_NUMBERS and not isinstance(asked, _Number)):
        raise ValueError(f"{operator} cannot be used with {asked!r}")
    # As with SQL's null, a key that is absent passes the negations alone.
    return operator in {"$ne", "$nin"} if held is None else _COMPARISONS[operator](held, asked)
