"""Webhooks that carry several events at once: each is read by itself, so that a wrong one loses no other."""

import logging
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from ingestion.channels.payload import Shape, read
from runtime.errors import InvalidInput

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Shape)
T = TypeVar("T")


def _if_readable(value: object, read_it: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  # whatever the shape is
    try:
        return read_it(value)
    except ValidationError:
        return None


# What adorns a message must not lose it: a picture of a kind that nobody knows yet, a place without coordinates.
IfReadable = Annotated[T | None, WrapValidator(_if_readable)]
# Vendors send null for a list without anything in it.
SeveralOf = Annotated[tuple[T, ...], BeforeValidator(lambda value: () if value is None else value)]
# The platforms' own ids of accounts, posts and direct messages.
Number = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]


def listed(payload: Mapping[str, Any], name: str) -> list[Any]:
    """The list of that name, empty without one. Raises InvalidInput when it is anything else."""
    value = payload.get(name)
    if value is not None and not isinstance(value, list):
        raise InvalidInput(f"{name} is wrong: it should be a list.", field=name)
    return value or []


def read_events(shape: type[E], values: Iterable[object], *, at: str) -> list[E]:
    """The events that have the shape; the others are logged by the field that is wrong, never by what they hold."""
    found: list[E] = []
    for value in values:
        try:
            found.append(read(shape, value, at=f"{at}."))
        except InvalidInput as error:
            log.warning("an event of a webhook is left out", extra={"field": error.field})
    return found
