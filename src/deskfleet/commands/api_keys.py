"""deskfleet key create|list|rotate|revoke."""

from typing import Annotated

import typer

from accounts import api_keys, audit
from accounts.api_keys import ListedKey, NewKey
from accounts.permissions import Permission
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction

key = typer.Typer(no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
KeyId = Annotated[str, typer.Argument(help="The key's id, such as KEY-7.")]
_DEFAULT_SCOPES: list[str] = [Permission.CREATE_TICKETS.value, Permission.READ_TICKETS.value]


@key.callback()
def keys_group() -> None:
    """API keys."""


@key.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="Repeat for several.")] = _DEFAULT_SCOPES,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    alert: Annotated[
        int | None, typer.Option(min=1, help="More uses in an hour than this raise an alert.")
    ] = None,
    json: Json = False,
) -> None:
    """Create an API key. Its secret is shown once."""
    migrate()
    new = NewKey(name, [str(one) for one in scope], days, alert)
    with transaction() as session:
        made = api_keys.create(session, new, by=audit.COMMAND)
    shown = {"id": api_keys.public_id(made.key), "name": name, "key": made.secret}
    print_json(shown) if json else print(made.secret)


@key.command("list")
def list_keys(json: Json = False) -> None:
    """Every key with its state, scopes, last use, and uses in the last 24 hours."""
    migrate()
    with transaction() as session:
        found = api_keys.list_keys(session)
    if json:
        print_json([_described(one) for one in found])
        return
    rows = [
        (
            api_keys.public_id(one.key),
            one.key.name,
            one.state,
            ", ".join(one.key.scopes),
            one.key.last_used_at or "never",
            one.used_today,
            one.key.expires_at or "never",
        )
        for one in found
    ]
    heads = ("key", "name", "state", "scopes", "last used", "today", "expires")
    print_table(heads, rows, empty="There are no API keys.")


@key.command("rotate")
def rotate_key(
    key_id: KeyId,
    overlap: Annotated[int, typer.Option(min=0, max=720, help="Hours that the old secret still opens.")] = 24,
    json: Json = False,
) -> None:
    """Print a new secret with the same scopes and term; the old one opens until the overlap is over."""
    migrate()
    with transaction() as session:
        made = api_keys.rotate(session, key_id, by=audit.COMMAND, overlap_h=overlap)
    shown = {"id": api_keys.public_id(made.key), "replaces": key_id, "key": made.secret}
    print_json(shown) if json else print(made.secret)


@key.command("revoke")
def revoke_key(key_id: KeyId, json: Json = False) -> None:
    """It opens nothing any more."""
    migrate()
    with transaction() as session:
        revoked = api_keys.public_id(api_keys.revoke(session, key_id, by=audit.COMMAND))
    print_json({"revoked": revoked}) if json else print(f"{revoked} is revoked.")


def _described(one: ListedKey) -> dict[str, object]:
    return {
        "id": api_keys.public_id(one.key),
        "name": one.key.name,
        "state": one.state,
        "scopes": one.key.scopes,
        "last_used_at": one.key.last_used_at,
        "used_today": one.used_today,
        "alert_per_hour": one.key.alert_per_hour,
        "expires_at": one.key.expires_at,
    }
