"""The frames of a web chat: strict shapes for what a visitor's page sends, and its messages as ours.

Nothing is sent from here: a page reads its replies from the rows through its socket and acknowledges them.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json

from runtime.errors import InvalidInput, TooLarge
from tickets.contracts import Channel, IncomingMessage, StoredFile

MAX_FRAME_BYTES = 16_384
MAX_TEXT = 4_000
MAX_COMMENT = 1_000

_BIGGEST_ID = 2**63 - 1  # of the database's bigint
_UUID_LENGTH = 36
_FrameId = Annotated[int, Field(ge=0, le=_BIGGEST_ID)]
# PostgreSQL keeps no NUL in a text.
_NO_NUL = r"^[^\x00]*$"


class Named(Protocol):
    @property
    def name(self) -> str: ...


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Written(_Frame):
    """`id` is the page's own: the same id is the same message, however often it comes.

    `person`: whoever wrote it wants a person to answer.
    """

    id: UUID
    name: Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    email: Annotated[str, Field(max_length=254, pattern=r"^([^@\s\x00]+@[^@\s\x00]+)?$")] = ""
    person: bool = False


class MessageFrame(_Written):
    type: Literal["message"]
    text: Annotated[str, Field(max_length=MAX_TEXT, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class FilesFrame(_Written):
    """What goes with uploaded files: they may speak for themselves."""

    type: Literal["files"]
    text: Annotated[str, Field(max_length=MAX_TEXT, pattern=_NO_NUL)] = ""


class SeenFrame(_Frame):
    """The page has shown everything up to this message."""

    type: Literal["seen"]
    up_to: _FrameId


class ResumeFrame(_Frame):
    """The page has everything up to this message and wants what came after it."""

    type: Literal["resume"]
    after: _FrameId


class PersonFrame(_Frame):
    """The visitor wants a person to go on with the open conversation."""

    type: Literal["person"]


class RateFrame(_Frame):
    """How content the visitor is with the conversation as it stands."""

    type: Literal["rate"]
    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=MAX_COMMENT, pattern=_NO_NUL)] = ""


Frame = MessageFrame | SeenFrame | ResumeFrame | PersonFrame | RateFrame

_FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])
_DETAILS = {
    "json_invalid": ("", "The frame is not JSON."),
    "dict_type": ("", "The frame is not a JSON object."),
    "model_type": ("", "The frame is not a JSON object."),
    "union_tag_not_found": ("type", "The frame has no type."),
    "union_tag_invalid": (
        "type",
        "There is no such type of frame: use message, seen, resume, person or rate.",
    ),
}
_FIELD_DETAILS = {
    ("text", "string_pattern_mismatch"): "The message is empty or holds a NUL character.",
    ("text", "string_too_long"): f"The message is longer than {MAX_TEXT} characters.",
    ("name", "string_pattern_mismatch"): "The name holds a control character.",
    ("email", "string_pattern_mismatch"): "This is not an e-mail address.",
    ("comment", "string_pattern_mismatch"): "The comment holds a NUL character.",
}


def parse_frame(raw: str) -> Frame:
    """Raises TooLarge or InvalidInput, which name what is wrong and where."""
    _check_size(raw)
    try:
        return _FRAMES.validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(found, found["loc"][1:]) from None


def parse_files_frame(raw: str) -> FilesFrame:
    """The same for the part of an upload that is not a file."""
    _check_size(raw)
    try:
        return FilesFrame.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(found, found["loc"]) from None


def _check_size(raw: str) -> None:
    # Half of a surrogate pair is no reason to fail here: the parser refuses it by name.
    if len(raw.encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
        raise TooLarge(f"The frame is larger than {MAX_FRAME_BYTES} bytes.")


def _invalid(error: ErrorDetails, location: tuple[int | str, ...]) -> InvalidInput:
    kind = error["type"]
    if kind in _DETAILS:
        field, detail = _DETAILS[kind]
        return InvalidInput(detail, field=field or None)
    field = ".".join(str(part) for part in location)
    return InvalidInput(_FIELD_DETAILS.get((field, kind), f"{field}: {error['msg']}."), field=field)


def frame_id(raw: str) -> str:
    """The page's own id of a frame, also of one that is wrong, so that it can tell which; empty without one."""
    try:
        found = from_json(raw) if len(raw) <= MAX_FRAME_BYTES else None
    except ValueError:
        return ""
    value = found.get("id") if isinstance(found, dict) else None
    return value if isinstance(value, str) and len(value) <= _UUID_LENGTH else ""


def incoming_message(
    frame: MessageFrame | FilesFrame,
    *,
    visitor_id: str,
    conversation_id: str,
    files: Sequence[StoredFile] = (),
) -> IncomingMessage:
    """What the visitor wrote. Name and address are their own words: nobody verified them."""
    return IncomingMessage(
        channel=Channel.WEB_CHAT,
        external_id=f"{visitor_id}:{frame.id}",
        identity=visitor_id,
        thread=conversation_id,
        text=frame.text.strip() or names_of(files),
        name=frame.name.strip(),
        metadata={"unverified_email": frame.email} if frame.email else {},
        attachments=tuple(files),
    )


def names_of(files: Iterable[Named]) -> str:
    """The text of a message that has none."""
    return "\n".join(file.name for file in files)


def client_id(external_id: str) -> str:
    """The page's own id of a message that came through `incoming_message`."""
    return external_id.partition(":")[2]
