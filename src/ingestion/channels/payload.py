"""Reads a vendor's JSON by strict shapes, so that an error names the field that is wrong. Called by the channels."""

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingestion.mail.decoding import scrub
from runtime.errors import InvalidInput


class Shape(BaseModel):
    """Vendors add fields at any time and send ids as numbers or as texts."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


# An id becomes a part of addresses and of our own ids, so it is one plain word.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
Text = Annotated[str, AfterValidator(scrub)]
# Vendors send null for what is empty.
OptionalText = Annotated[
    str, BeforeValidator(lambda value: "" if value is None else value), AfterValidator(scrub)
]

S = TypeVar("S", bound=Shape)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises InvalidInput; a text may hold raw line ends, as placeholders bring them."""
    try:
        found = json.loads(body.decode("utf-8"), strict=False)
    except (ValueError, RecursionError):
        raise InvalidInput("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise InvalidInput("The body is not a JSON object.")
    return found


def read(shape: type[S], value: object, *, at: str = "") -> S:
    """Raises InvalidInput naming the first field that is missing or wrong, never what it holds.

    `at` is where in the body the value was found, ending in a dot.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    field = at + ".".join(str(part) for part in first["loc"])
    wrong = "is missing" if first["type"] == "missing" else f"is wrong: {first['msg']}"
    raise InvalidInput(f"{field} {wrong}.", field=field)
