"""What the REST intake takes and gives: texts that can be stored, the files they name, the answer of 202."""

import hashlib
from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, BaseModel, Field

from accounts.permissions import Principal
from runtime.errors import InvalidInput
from runtime.settings import settings
from tickets.contracts import Receipt


def _storable(value: str) -> str:
    """Without blanks around it. The database holds every text without a NUL character that UTF-8 can carry."""
    if "\x00" in value:
        raise ValueError("contains a NUL character")
    refuse_surrogates(value)
    return value.strip()


def refuse_surrogates(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair") from None


Storable = Annotated[str, AfterValidator(_storable)]


def _not_blank(value: str) -> str:
    if not value:
        raise ValueError("is blank")
    return value


Words = Annotated[Storable, AfterValidator(_not_blank), Field(min_length=1, max_length=20_000)]


def _few(value: list[str]) -> list[str]:
    most = settings().files.max_files
    if len(value) > most:
        raise ValueError(f"names more than {most} files")
    if len(set(value)) < len(value):
        raise ValueError("names a file twice")
    return value


FileIds = Annotated[
    list[Annotated[str, Field(max_length=40, pattern=r"^FILE-[0-9A-Z]{20}$")]],
    AfterValidator(_few),
    Field(description="Files that were uploaded by `POST /api/v1/files` with the same key within a day."),
]


class Accepted(BaseModel):
    """The message is stored; its answer can be read at `url`."""

    ticket_id: Annotated[str, Field(examples=["TKT-20261121-7Q4K2M9X"])]
    status: str = "accepted"
    duplicate: bool
    url: str


class MessageAccepted(Accepted):
    """`continues` names the closed ticket in whose place a new one was opened."""

    continues: Annotated[str | None, Field(examples=[None])] = None


MOST_KEY = 200
# As OpenAPI tells of it.
IDEMPOTENCY_KEY: dict[str, object] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body is the same message, however often it is sent.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_KEY},
}


def accepted(receipt: Receipt, *, asked_for: str | None = None) -> Response:
    """`asked_for` is the ticket that the caller wrote to, if any."""
    path = f"/api/v1/tickets/{receipt.public_id}"
    url = f"{settings().public_url}{path}"
    body: Accepted
    if asked_for is None:
        body = Accepted(ticket_id=receipt.public_id, duplicate=receipt.duplicate, url=url)
    else:
        body = MessageAccepted(
            ticket_id=receipt.public_id,
            duplicate=receipt.duplicate,
            url=url,
            continues=None if receipt.public_id == asked_for else asked_for,
        )
    return Response(
        body.model_dump_json(), status_code=202, media_type="application/json", headers={"Location": path}
    )


def external_id(caller: Principal, key: str | None, otherwise: str) -> str:
    """The channel's id of a message: the caller's own key for it, if there is one."""
    if key is not None and not key.strip():
        raise InvalidInput("The Idempotency-Key is blank.", field="Idempotency-Key")
    if key is not None and len(key) > MOST_KEY:
        raise InvalidInput(
            f"The Idempotency-Key has more than {MOST_KEY} characters.", field="Idempotency-Key"
        )
    return f"{caller.public_id}:{key}" if key else otherwise


def fingerprint(*parts: str) -> str:
    """Of what is sent with a key: the same key with another content is a conflict."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
