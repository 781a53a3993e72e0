"""deskfleet redact: personal data out of files or standard input, as before a model, a log or an index."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from deskfleet.commands.output import JSON_HELP, print_json, print_text
from runtime.errors import InvalidInput, TooLarge
from runtime.redaction import find
from runtime.redaction import redact as redacted

redact = typer.Typer(add_completion=False)

_MOST_BYTES = 20_000_000
_STANDARD_INPUT = Path("-")


@redact.command()
def run(
    files: Annotated[list[Path] | None, typer.Argument(help="Text files; - or none: standard input.")] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="A text itself; may be given several times.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help=f"{JSON_HELP} Kinds and spans, never the values.")
    ] = False,
) -> None:
    """Print a text with cards, accounts, numbers, addresses, names and secrets replaced by their kind."""
    given = [("text", one) for one in text or []]
    paths = files or ([] if given else [_STANDARD_INPUT])
    texts = [*given, *((str(path), _text_of(path)) for path in paths)]
    if json:
        print_json([_found_in(name, one) for name, one in texts])
        return
    for _name, one in texts:
        print_text(redacted(one))


def _found_in(name: str, text: str) -> dict[str, object]:
    found = find(text)
    return {
        "file": name,
        "counts": dict(Counter(str(one.kind) for one in found)),
        "findings": [{"kind": str(one.kind), "start": one.start, "end": one.end} for one in found],
    }


def _text_of(path: Path) -> str:
    if path == _STANDARD_INPUT:
        return _decoded("standard input", sys.stdin.buffer.read(_MOST_BYTES + 1))
    try:
        with path.open("rb") as file:
            return _decoded(str(path), file.read(_MOST_BYTES + 1))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field="files") from None


def _decoded(name: str, raw: bytes) -> str:
    if len(raw) > _MOST_BYTES:
        raise TooLarge(f"{name} is larger than {_MOST_BYTES} bytes.", field="files")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is not UTF-8 text (byte {error.start}).", field="files") from None
