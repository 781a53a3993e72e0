"""The mailbox file: TOML with any number of [[mailbox]] tables, checked in full before anything starts.

Secrets stand in files of their own; a path that is not absolute is meant from the folder of the mailbox file.
"""

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.mail.box import Box, FirstRead, after_of
from ingestion.mail.oauth import Refresh, TokenFile, TokenSource, read_secret
from ingestion.mail.servers import Address, Login, Server, check_ca_file, is_this_machine, read_url
from runtime.errors import SettingError, Unavailable

_SETTING = "DESKFLEET_MAIL_BOXES"
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)

Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _OAuth(BaseModel):
    model_config = _STRICT

    token_url: Text
    client_id: Text
    refresh_token_file: Text
    client_secret_file: Text | None = None


class _Table(BaseModel):
    model_config = _STRICT

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    address: Annotated[str, Field(max_length=254, pattern=r"^[^\s@<>]+@[^\s@<>]+$")]
    imap_url: Text
    sender_name: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    smtp_url: Text | None = None
    folder: Text = "INBOX"
    after: Annotated[str, Field(pattern=r"^(keep|seen|delete|move:[^\x00-\x1f\x7f]+)$")] = "keep"
    first_read: Literal["new", "all"] = "new"
    password_file: Text | None = None
    token_file: Text | None = None
    oauth: _OAuth | None = None
    ca_file: Text | None = None


@dataclass(frozen=True)
class _Place:
    """One table: how messages about it begin, and the folder that its paths are meant from."""

    folder: Path
    where: str

    def wrong(self, key: str, what: str) -> SettingError:
        return SettingError(f"{self.where}, key {key}: {what}.", field=_SETTING)

    def secret_file(self, name: str, key: str) -> Path:
        try:
            path = self.folder / Path(name).expanduser()
            read_secret(path)
        except RuntimeError:
            raise self.wrong(key, "there is no such user's folder") from None
        except Unavailable as error:
            raise self.wrong(key, error.detail.rstrip(".")) from None
        return path


def read_boxes(
    path: Path, *, relay: Server | None, sender_name: str, ca_file: Path | None
) -> tuple[Box, ...]:
    """The file's mailboxes. `relay` sends for those without an smtp_url; the other two are defaults as well.

    Raises SettingError naming the file, the mailbox and the key.
    """
    found = []
    for number, stated in enumerate(_tables(path), start=1):
        name = stated.get("name") if isinstance(stated, dict) else None
        shown = repr(name[:60]) if isinstance(name, str) else f"number {number}"
        place = _Place(path.parent, f"The mailbox file {path} is wrong: mailbox {shown}")
        table = _checked(stated, place)
        box = _box(table, place, relay=relay, ca_file=ca_file)
        found.append(box if table.sender_name else replace(box, sender_name=sender_name))
    refuse_doubles(found, path)
    return tuple(found)


def _tables(path: Path) -> list[object]:
    wrong = f"The mailbox file {path} is wrong"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"The setting {_SETTING} is wrong: {path} cannot be read ({error.strerror}).", field=_SETTING
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # A decoder of bytes repeats them; that of TOML names line and column.
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8"
        raise SettingError(f"{wrong}: {said}.", field=_SETTING) from None
    for key in content:
        if key != "mailbox":
            raise SettingError(f"{wrong}: there is no key {key}{_hint(key, ['mailbox'])}.", field=_SETTING)
    tables = content.get("mailbox")
    if not isinstance(tables, list) or not tables:
        raise SettingError(f"{wrong}: it has no [[mailbox]] table.", field=_SETTING)
    return tables


def _checked(stated: object, place: _Place) -> _Table:
    if not isinstance(stated, dict):
        raise SettingError(f"{place.where} is no table.", field=_SETTING)
    try:
        return _Table.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            fields = _OAuth.model_fields if "." in key else _Table.model_fields
            known = key.rpartition(".")[2]
            raise place.wrong(key, f"there is no such key{_hint(known, list(fields))}") from None
        raise place.wrong(key, first["msg"]) from None


def _hint(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]}" if near else ""


def _box(table: _Table, place: _Place, *, relay: Server | None, ca_file: Path | None) -> Box:
    after, move_to = after_of(table.after)
    if move_to == table.folder:
        raise place.wrong("after", "it moves mails to where they are")
    if table.ca_file:
        ca_file = place.folder / table.ca_file
        check_ca_file(ca_file, where=f"{place.where}, key ca_file")
    smtp = _server(table, "smtp_url", place, ca_file) if table.smtp_url else relay
    if smtp is None:
        raise place.wrong("smtp_url", "it is missing, and DESKFLEET_MAIL_SMTP_URL is not set either")
    return Box(
        name=table.name,
        address=table.address,
        sender_name=table.sender_name,
        imap=_server(table, "imap_url", place, ca_file),
        folder=table.folder,
        smtp=smtp,
        after=after,
        move_to=move_to,
        first_read=FirstRead(table.first_read),
    )


def _server(table: _Table, key: str, place: _Place, ca_file: Path | None) -> Server:
    url = table.imap_url if key == "imap_url" else table.smtp_url or ""
    found = read_url(url, kind=key.partition("_")[0], where=f"{place.where}, key {key}")
    if found.password:
        raise place.wrong(key, "a password does not stand here but in a file, named by password_file")
    if found.path:
        raise place.wrong(key, "a folder does not stand here but in the key folder")
    if key == "imap_url" and not found.user:
        raise place.wrong(key, "it names no user")
    login = _login(table, found, place) if found.user else None
    return replace(found.server, login=login, ca_file=ca_file)


def _login(table: _Table, found: Address, place: _Place) -> Login:
    ways = [key for key in ("password_file", "token_file", "oauth") if getattr(table, key)]
    if len(ways) != 1:
        stated = " and ".join(ways) or "none"
        raise place.wrong(
            "password_file", f"one of password_file, token_file and oauth is needed, not {stated}"
        )
    if table.password_file:
        return Login(found.user, password_file=place.secret_file(table.password_file, "password_file"))
    return Login(found.user, token=_token_source(table, place))


def _token_source(table: _Table, place: _Place) -> TokenSource:
    if table.oauth is None:
        return TokenFile(place.secret_file(table.token_file or "", "token_file"))
    stated = table.oauth
    try:
        parts = urlsplit(stated.token_url)
    except ValueError:
        raise place.wrong("oauth.token_url", "this is no URL") from None
    local = parts.scheme == "http" and is_this_machine(parts.hostname or "")
    if not parts.hostname or (parts.scheme != "https" and not local):
        raise place.wrong("oauth.token_url", "it must be an https:// URL")
    secret = stated.client_secret_file
    return Refresh(
        token_url=stated.token_url,
        client_id=stated.client_id,
        refresh_token_file=place.secret_file(stated.refresh_token_file, "oauth.refresh_token_file"),
        client_secret_file=place.secret_file(secret, "oauth.client_secret_file") if secret else None,
    )


def refuse_doubles(boxes: Sequence[Box], path: Path) -> None:
    """Names, addresses and what is read must differ, or mails and replies would be somebody else's."""
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            same = {
                "name": box.name == other.name,
                "address": box.address.casefold() == other.address.casefold(),
                "imap_url": box.place == other.place,
            }
            for key in (key for key, is_same in same.items() if is_same):
                raise SettingError(
                    f"The mailbox file {path} is wrong: mailbox {box.name!r}, key {key}: "
                    f"mailbox {other.name!r} has the same.",
                    field=_SETTING,
                )
