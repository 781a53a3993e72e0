"""Hands over the elements of an answer's list one by one, while the model still writes the rest.

Used by `calls`; whoever asks gives `ask` a `Follower`.
"""

from collections.abc import Iterator
from typing import Protocol, get_args, get_origin

from pydantic import BaseModel, ValidationError

_IN_OBJECT, _IN_LIST, _IN_ELEMENT = 1, 2, 3


class Follower(Protocol):
    """Is told between two reads of the stream, so neither of its methods may block or raise."""

    def on_item(self, item: BaseModel) -> None:
        """The next element, valid by itself. Whether the answer is valid is known at its end only."""

    def on_restart(self) -> None:
        """What was handed over is void: the provider failed, or its answer was not valid."""


class ListReader:
    """Finds the elements of one list of objects in JSON that comes in pieces. Looks at each character once.

    Words before the object, as some models write them, are passed over.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        self._depth = 0
        self._in_list = False
        self._string: list[str] | None = None
        self._escaped = False
        self._last_string = ""
        self._element: list[str] = []

    def read(self, piece: str) -> Iterator[str]:
        """The JSON of the elements that the piece completes."""
        for character in piece:
            if self._ends_element(character):
                yield "".join(self._element)

    def _ends_element(self, character: str) -> bool:
        if self._in_list and self._depth >= _IN_ELEMENT:
            self._element.append(character)
        if self._string is not None:
            self._read_string(self._string, character)
        elif character == '"' and self._depth:
            self._string = []
        elif character == "{" or (character == "[" and self._depth):
            self._open(character)
        elif character in "}]" and self._depth:
            return self._close()
        return False

    def _read_string(self, string: list[str], character: str) -> None:
        if self._escaped or character != '"':
            string.append(character)
            self._escaped = character == "\\" and not self._escaped
            return
        self._last_string = "".join(string)
        self._string = None

    def _open(self, character: str) -> None:
        if self._depth == _IN_OBJECT and character == "[":
            self._in_list = self._last_string == self._field
        self._depth += 1
        if self._depth == _IN_ELEMENT:
            self._element = [character]

    def _close(self) -> bool:
        self._depth -= 1
        if self._depth < _IN_LIST:
            self._in_list = False
        return self._in_list and self._depth == _IN_LIST


class Following:
    """One call's answer as it comes. Without a follower, or a list to follow, nothing is done."""

    def __init__(self, answer_type: type[BaseModel], follower: Follower | None) -> None:
        self._follower = follower
        field, self._item_type = list_of(answer_type) if follower else ("", BaseModel)
        self._reader = ListReader(field) if field else None
        self._handed = False

    def read(self, piece: str) -> None:
        if self._reader is None or self._follower is None:
            return
        for raw in self._reader.read(piece):
            try:
                item = self._item_type.model_validate_json(raw)
            except ValidationError:
                self._reader = None  # With it the whole answer is not valid.
                return
            self._handed = True
            self._follower.on_item(item)

    def void(self) -> None:
        """The call has failed."""
        if self._handed and self._follower:
            self._follower.on_restart()
        self._reader, self._handed = None, False


def list_of(answer_type: type[BaseModel]) -> tuple[str, type[BaseModel]]:
    """The first field that is a list of models, and its elements' type; an empty name when there is none."""
    for name, field in answer_type.model_fields.items():
        if get_origin(field.annotation) is list:
            (item_type,) = get_args(field.annotation)
            if isinstance(item_type, type) and issubclass(item_type, BaseModel):
                return name, item_type
    return "", BaseModel
