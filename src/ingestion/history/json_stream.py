"""Objects of a JSON export one after another, in bounded memory: lines, an array, or arrays inside of an object."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ingestion.history.reading import MOST_CHARACTERS, Damaged, Tape, damage_named, lines, sample

# Lists of an export's pages whose members are what is wanted.
PAGES = frozenset({"tickets", "users", "comments", "conversations", "contacts", "data", "results"})
_BLOCK = 65_536
_MARK = re.compile(r'\\.|["{}\[\],]', re.DOTALL)
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_DECODER = json.JSONDecoder()
_MOST_RAW = 100_000
_OFTEN = 100  # Values between two looks at the clock.
_NEAR_END = 64  # A value that breaks off there may only be cut by the window.
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}


@dataclass(frozen=True)
class Element:
    """A member of the list `key`, or of none. `problem` says why it is no value."""

    line: int
    raw: str
    key: str = ""
    value: Any = None
    problem: str = ""


def elements(text: TextIO, *, by_line: bool) -> Iterator[Element]:
    """Raises Damaged where the file cannot be read on."""
    return _of_lines(text) if by_line else _of_document(_Window(text))


def elements_of(tape: Tape, path: Path, *, encoding: str) -> Iterator[Element]:
    """The elements of an open file, as its beginning shows how it is written. Raises Damaged as `elements` does."""
    head = sample(path).decode(encoding, "replace")
    return elements(tape.text, by_line=is_by_line(head))


def noted(found: Iterable[Element], progress: Callable[[], None]) -> Iterator[Element]:
    """All that can be read; the second reading tells what cannot."""
    try:
        for place, one in enumerate(found):
            yield one
            if place % _OFTEN == 0:
                progress()
    except Damaged:
        return


def is_by_line(head: str) -> bool:
    """Whether the beginning of a file shows objects that fill a line each, broken ones among them."""
    begun = head.lstrip("\ufeff \t\r\n")
    if not begun.startswith("{"):
        return not begun.startswith("[")
    filled = [line for line in re.split(r"[\r\n]+", begun) if line.strip()]
    return any(_is_object(line) for line in filled[:20])


def _is_object(line: str) -> bool:
    if not line.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _of_lines(text: TextIO) -> Iterator[Element]:
    for line in lines(text):
        if not line.text.strip(" \t\r\n\ufeff"):
            continue
        if not line.whole:
            problem = f"It is longer than {MOST_CHARACTERS} characters."
            yield Element(line.number, line.text[:_MOST_RAW], problem=problem)
            continue
        try:
            value = json.loads(line.text.lstrip("\ufeff"))
        except ValueError as error:
            yield Element(line.number, line.text, problem=f"It is no JSON: {_said(error)}.")
        except RecursionError:
            yield Element(line.number, line.text, problem="It is nested too deeply.")
        else:
            yield from _members(line.number, line.text, value)


def _members(number: int, raw: str, value: Any) -> Iterator[Element]:  # noqa: ANN401  # whatever JSON can hold
    """A page of an interface is its lists' members; all else is itself."""
    pages = PAGES & value.keys() if isinstance(value, dict) and "id" not in value else set()
    lists = {key: value[key] for key in sorted(pages) if isinstance(value[key], list)}
    if not lists or "ticket_id" in value:
        yield Element(number, raw, value=value)
        return
    for key, members in lists.items():
        for member in members:
            yield Element(number, json.dumps(member, ensure_ascii=False), key=key, value=member)


def _said(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "a number is too long"


class _Window:
    """The part of a text that is being looked at; it slides. `line` is where `at` is."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.held = ""
        self.at = 0
        self.line = 1
        self.ended = False

    def more(self, least: int = 0) -> bool:
        """Read on, and forget what was passed. False at the end."""
        with damage_named():
            block = self._text.read(max(least, _BLOCK))
        self.held, self.at = self.held[self.at :] + block, 0
        self.ended = not block
        return bool(block)

    def move(self, to: int) -> None:
        self.line += self.held.count("\n", self.at, to)
        self.at = to

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            found = _BLANK.match(self.held, self.at)
            self.move(found.end() if found else self.at)
            if self.at < len(self.held):
                return self.held[self.at]
            if not self.more():
                return ""

    def take(self, expected: str) -> None:
        if self.peek() != expected:
            self.stop()
        self.at += 1

    def stop(self) -> NoReturn:
        raise Damaged(f"The JSON is broken at line {self.line}: it cannot be read on from there.")


def _of_document(window: _Window) -> Iterator[Element]:
    while first := window.peek():
        if first == "[":
            yield from _array(window, "")
        elif first == "{":
            yield from _object(window)
        else:
            window.stop()


def _object(window: _Window) -> Iterator[Element]:
    """The members of its lists that are wanted; its other values are passed over."""
    window.take("{")
    while window.peek() != "}":
        key = _value(window, "").value
        if not isinstance(key, str):
            window.stop()
        window.take(":")
        if key in PAGES and window.peek() == "[":
            yield from _array(window, key)
        else:
            _value(window, key)
        if window.peek() == ",":
            window.at += 1
    window.take("}")


def _array(window: _Window, key: str) -> Iterator[Element]:
    window.take("[")
    while window.peek() != "]":
        member = _value(window, key)
        yield member
        while member.problem and window.peek() == "}":
            window.at += 1  # One bracket too many was what broke it.
        if window.peek() == ",":
            window.at += 1
        elif window.peek() != "]":
            window.stop()
    window.take("]")


def _value(window: _Window, key: str) -> Element:
    """The next value; a broken one is passed over by its brackets and comes with what is wrong."""
    window.peek()
    problem = ""
    while not problem:
        try:
            value, end = _DECODER.raw_decode(window.held, window.at)
        except json.JSONDecodeError as error:
            problem = _broken(error, window)
        except (ValueError, RecursionError):
            problem = "It is nested too deeply, or a number is too long."
        else:
            if end < len(window.held) or window.ended:
                found = Element(window.line, window.held[window.at : end], key, value)
                window.move(end)
                return found
        if not problem:
            window.more(len(window.held) - window.at)
    line, raw = window.line, window.held[window.at : window.at + _MOST_RAW]
    length = _pass_over(window)
    return Element(line, raw[:length], key, problem=problem)


def _broken(error: json.JSONDecodeError, window: _Window) -> str:
    """What is wrong, or empty when it may only be that not all of it was read."""
    if len(window.held) - window.at > MOST_CHARACTERS:
        return f"It is longer than {MOST_CHARACTERS} characters."
    inside = error.pos + _NEAR_END < len(window.held) and not error.msg.startswith("Unterminated")
    return f"It is no JSON: {error.msg}." if inside or window.ended else ""


def _pass_over(window: _Window) -> int:
    """Go behind a broken value: to the end of its brackets, or to the comma after it. Returns how long it was."""
    depth, quoted, length = 0, False, 0
    while True:
        for mark in _MARK.finditer(window.held, window.at):
            sign = mark.group()
            if sign == '"':
                quoted = not quoted
            elif not quoted and len(sign) == 1:
                closes = sign in "]}"
                if depth == 0 and (closes or sign == ","):
                    return _moved(window, mark.start(), length)
                depth += _DEPTH.get(sign, 0)
                if depth == 0 and closes:
                    return _moved(window, mark.end(), length)
        length += _slide(window)


def _moved(window: _Window, to: int, length: int) -> int:
    length += to - window.at
    window.move(to)
    return length


def _slide(window: _Window) -> int:
    """On to the next block; a backslash at the end stays with what it escapes."""
    passed = len(window.held) - window.at - window.held.endswith("\\")
    window.move(window.at + passed)
    if not window.more():
        window.stop()
    return passed
