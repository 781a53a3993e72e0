"""People and comments that stand apart from their tickets, kept on the disk while an export is read."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_TABLES = """
create table people (id blob primary key, name blob, address blob, staff integer);
create table comments (ticket blob, content text);
create index comments_ticket on comments (ticket);
"""
_PUT_PERSON = """
insert into people values (?, ?, ?, ?) on conflict (id) do update set
    name = case when excluded.name <> x'' then excluded.name else name end,
    address = case when excluded.address <> x'' then excluded.address else address end,
    staff = max(staff, excluded.staff)
"""


@dataclass(frozen=True)
class Person:
    name: str = ""
    address: str = ""
    staff: bool = False


class SideTables:
    """An SQLite file without a name: it is gone with the process."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put_person(self, key: str, person: Person) -> None:
        """What is known already is completed."""
        self._connection.execute(
            _PUT_PERSON, (_bytes(key), _bytes(person.name), _bytes(person.address), person.staff)
        )

    def person(self, key: str) -> Person:
        found = self._connection.execute(
            "select name, address, staff from people where id = ?", (_bytes(key),)
        ).fetchone()
        return Person(_text(found[0]), _text(found[1]), bool(found[2])) if found else Person()

    def put_comment(self, ticket: str, comment: dict[str, Any]) -> None:
        self._connection.execute("insert into comments values (?, ?)", (_bytes(ticket), json.dumps(comment)))

    def comments(self, ticket: str) -> list[dict[str, Any]]:
        rows = self._connection.execute(
            "select content from comments where ticket = ? order by rowid", (_bytes(ticket),)
        )
        return [json.loads(content) for (content,) in rows]


def _bytes(text: str) -> bytes:
    """SQLite takes no half of a surrogate pair as text; such a ticket is refused later, by its own line."""
    return text.encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


@contextmanager
def side_tables() -> Iterator[SideTables]:
    connection = sqlite3.connect("", isolation_level=None)
    try:
        connection.execute("pragma journal_mode = off")
        connection.executescript(_TABLES)
        yield SideTables(connection)
    finally:
        connection.close()
