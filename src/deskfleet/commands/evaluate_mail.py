"""deskfleet evaluate mail: how the product reads mails that lie in files. Nothing is stored, nobody is answered."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from deskfleet.commands.output import print_json, print_table, progress_bar
from ingestion.mail.decoding import decode
from ingestion.mail.html_quotes import split_html
from ingestion.mail.html_text import html_to_text
from ingestion.mail.parse import parse
from ingestion.mail.quoting import split_parts
from runtime.errors import DeskfleetError, InvalidInput, NotFound, TooLarge
from runtime.language import language_of

_MOST_BYTES = 100_000_000
_HTML = frozenset({".html", ".htm"})
_SHOWN = 60

Row = dict[str, Any]


def run(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders, each file one mail.")],
    plain: Annotated[
        bool, typer.Option("--plain", help="The files are bodies alone: text, or HTML where so named.")
    ] = False,
    mailbox: Annotated[list[str] | None, typer.Option(help="An own address; may be repeated.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON a file.")] = False,
) -> None:
    """Read mails: kind, new text, quoted history, signature, attachments, language.

    A file that cannot be read is listed with its error and the rest goes on; then the exit code is 1.
    """
    rows: list[Row] = []
    failed = 0
    with progress_bar(quiet=json) as progress:
        for file in progress.track(_files(paths), description="Reading"):
            row = {"file": str(file)} | _read(file, plain=plain, mailboxes=tuple(mailbox or ()))
            failed += "error" in row
            if json:
                print_json(row)
            else:
                rows.append(row)
    if not json:
        _show(rows, failed)
    raise typer.Exit(1 if failed else 0)


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves and those anywhere in the folders; a path that does not exist is an error of its own."""
    found: list[Path] = []
    for path in paths:
        found += sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _read(file: Path, *, plain: bool, mailboxes: tuple[str, ...]) -> Row:
    try:
        raw = _bytes_of(file)
        return _body_row(raw, is_html=file.suffix.lower() in _HTML) if plain else _mail_row(raw, mailboxes)
    except DeskfleetError as error:
        return {"error": error.detail}


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TooLarge(f"The file is larger than {_MOST_BYTES:,} bytes.")
        return file.read_bytes()
    except FileNotFoundError:
        raise NotFound("There is no such file.") from None
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.") from None


def _mail_row(raw: bytes, mailboxes: tuple[str, ...]) -> Row:
    mail = parse(raw, mailboxes=mailboxes)
    return {
        "kind": str(mail.kind),
        "answerable": mail.answerable,
        "from": mail.sender,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "references": list(mail.references),
        "new_text": mail.text,
        "quoted_text": mail.quoted_text,
        "signature": mail.signature,
        "attachments": [{"name": one.name, "type": one.type, "bytes": one.size} for one in mail.attachments],
        "language": language_of(mail.text or mail.subject),
        "defects": list(mail.defects),
    }


def _body_row(raw: bytes, *, is_html: bool) -> Row:
    text, quoted = decode(raw, "").replace("\r\n", "\n").replace("\r", "\n"), ""
    if is_html:
        text, quoted = (html_to_text(one) if one else "" for one in split_html(text))
    parts = split_parts(text, history_follows=bool(quoted))
    return {
        "new_text": parts.new_text,
        "quoted_text": "\n\n".join(one for one in (parts.quoted_text, quoted) if one),
        "signature": parts.signature,
        "disclaimer": parts.disclaimer,
        "language": language_of(parts.new_text),
    }


def _show(rows: list[Row], failed: int) -> None:
    """A line a mail, and how many there were."""
    heads = ("file", "kind", "language", "from", "subject", "new_text", "quoted", "signature")
    read = [row for row in rows if "error" not in row]
    print_table(heads, [[_cell(row, head) for head in heads] for row in read], empty="No mail was read.")
    for row in rows:
        if "error" in row:
            typer.echo(f"{row['file']}: {row['error']}", err=True)
    print(f"\n{len(read)} read, {failed} could not be read.")


def _cell(row: Row, head: str) -> str:
    if head == "quoted":
        return f"{len(row['quoted_text'])} characters"
    text = " ".join(str(row.get(head, "")).split())
    return text if head == "file" or len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
