"""A customer of whom everything is kept that can be, under a word that nobody else says; and where that word is."""

import os
import time
from email.message import EmailMessage

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from ingestion import intake
from ingestion.models import ParkedMail
from llm import local_embedding
from runtime.data_folder import data_folder
from runtime.database import transaction
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import FileContent
from tickets.models import Customer, Ticket

CANARY = "Zyxquarrel-7741"
MAIL = f"{CANARY.lower()}@example.com"
CARD = "4111 1111 1111 1111"
BY = "AGENT-BOB00000"
# Their values are encrypted: the word is not seen in them.
SEALED = {"vault_entries", "idempotent_answers"}
# Columns that name staff or processes, wherever they stand.
_OF_STAFF = {
    "staff", "by", "actor", "changed_by", "created_by", "edited_by", "published_by", "dismissed_by", "uploaded_by",
    "requested_by", "started_by", "entered_by", "approver_name", "proposed_by", "claim_token", "model",
    "failure",
}  # fmt: skip
# The kinds of column that somebody's words can stand in.
_TEXTUAL = (
    "data_type in ('text', 'character varying', 'json', 'jsonb', 'bytea', 'tsvector') "
    "or udt_name in ('_text', '_varchar', '_json', '_jsonb')"
)
_COLUMNS = text("""
select att.attname, format_type(att.atttypid, null), ref.relname
from pg_attribute att
left join pg_constraint con on con.conrelid = att.attrelid and con.contype = 'f' and con.conkey[1] = att.attnum
left join pg_class ref on ref.oid = con.confrelid
where att.attrelid = to_regclass(:name) and att.attnum > 0 and not att.attisdropped
  and att.attidentity = '' and att.attgenerated = ''
""")

_KEY = text("""
select quote_ident(att.attname) from pg_constraint con
join pg_attribute att on att.attrelid = con.conrelid and att.attnum = any (con.conkey)
where con.contype = 'p' and con.conrelid = to_regclass(:name)
""")


def a_customer(canary: str = CANARY, mail: str = MAIL) -> str:
    """Their public id."""
    picture = FileContent(f"{canary}.txt", "text/plain", f"All about {canary}".encode())
    with transaction() as session:
        receipt = intake.receive(
            session,
            a_message(
                identity=mail,
                name=f"Alice {canary}",
                subject=f"About {canary}",
                text=f"I am {canary}, my card is {CARD}. Where is the parcel?",
                quoted_text=f"> {canary} wrote",
                attachments=(picture,),
                metadata={"note": canary},
            ),
        )
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=f"Dear {canary}, it is on its way."))
    with transaction() as session:
        lifecycle.add_note(session, receipt.ticket_id, f"Note on {canary}", staff=BY, name="Bob")
        session.execute(
            insert(ParkedMail).values(
                mailbox="m", uid_validity=1, uid=abs(hash(canary)) % 10_000, reason="broken",
                raw=f"From: {canary} <{mail}>\r\n\r\n{canary}".encode(),
            )
        )  # fmt: skip
        ticket = session.scalars(select(Ticket).where(Ticket.id == receipt.ticket_id)).one()
        public_id = session.scalars(select(Customer.public_id).where(Customer.id == ticket.customer_id)).one()
    _write_mail(canary, mail)
    local_embedding.embed_one(f"Who is {canary}?")
    return public_id


def _write_mail(canary: str, mail: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = mail, "support@example.com"
    letter.set_content(f"It is {canary}")
    folder = data_folder() / "mail" / "in" / "done"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{mail}.eml").write_bytes(letter.as_bytes())


def sent() -> None:
    """What waits to be sent has been sent."""
    with transaction() as session:
        session.execute(text("update messages set delivery = 'sent' where delivery is not null"))


def textual_tables() -> set[str]:
    """The tables of the schema in which somebody's words can stand."""
    with transaction() as session:
        names = session.scalars(
            text(
                "select distinct table_name from information_schema.columns "
                f"where table_schema = 'public' and table_name <> 'alembic_version' and ({_TEXTUAL})"
            )
        )
        return set(names)


def rows_with(canary: str) -> dict[str, int]:
    """Tables that hold it anywhere, in any column, with how many rows."""
    found = {}
    with transaction() as session:
        names = session.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        for name in names:
            rows = session.execute(
                text(f'select count(*) from "{name}" one where one::text ilike :like'),
                {"like": f"%{canary}%"},
            ).scalar_one()
            hidden = session.execute(
                text(f'select count(*) from "{name}" one where one::text like :like'),
                {"like": f"%{canary.encode().hex()}%"},  # As bytes are shown.
            ).scalar_one()
            if rows + hidden:
                found[name] = rows + hidden
    return found


def plant(session: Session, table: str, known: dict[str, int], given: dict[str, object]) -> None:
    """A row with the canary in every column that takes it; `given` is what the table's checks ask for.

    It points to the rows of `known`, by the name of their table.
    """
    values: dict[str, tuple[str, object]] = {}
    for name, kind, refers_to in session.execute(_COLUMNS, {"name": table}).all():
        if name in _OF_STAFF and kind == "text":
            values[name] = (kind, BY)
        elif name in given:
            values[name] = (kind, given[name])
        elif refers_to is not None or name == "ticket_id":
            values[name] = (kind, known.get(refers_to or "tickets"))
        elif (value := _value(kind)) is not None:
            values[name] = (kind, value)
    columns = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f"cast(:{name} as {kind})" for name, (kind, _value) in values.items())
    # Where the product has put a row with none of her words, they are put into it.
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in values)
    keys = session.scalars(_KEY, {"name": table}).all()
    session.execute(
        text(
            f'insert into "{table}" ({columns}) values ({places}) '
            f"on conflict ({', '.join(keys)}) do update set {changed}"
        ),
        {name: value for name, (_kind, value) in values.items()},
    )


def _value(kind: str) -> object:
    """Of what a column of this type holds; None leaves it to its default."""
    known: dict[str, object] = {
        "text": CANARY,
        "text[]": [CANARY],
        "json": f'{{"about": "{CANARY}"}}',
        "jsonb": f'{{"about": "{CANARY}"}}',
        "bytea": CANARY.encode(),
        "halfvec": str([0.0] * 384),
        "integer": 1,
        "bigint": 1,
        "real": 1.0,
        "double precision": 1.0,
        "boolean": False,
        "timestamp with time zone": "2026-11-21",
    }
    return known.get(kind.partition("(")[0])


def files_with(canary: str) -> list[str]:
    """Files of the data folder that hold it, or are named so."""
    wanted = canary.lower().encode()
    return [
        str(path)
        for path in sorted(data_folder().rglob("*"))
        if path.is_file() and (wanted in path.read_bytes().lower() or wanted in path.name.lower().encode())
    ]


def age_files() -> None:
    """Contents that came within the hour are left alone: somebody may be about to name them."""
    for path in data_folder().rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - 7200,) * 2)
