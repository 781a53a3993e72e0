"""deskfleet user create|disable, deskfleet key create."""

import secrets
from typing import Annotated

import typer

from accounts import credentials, users
from accounts.permissions import Permission, Role
from deskfleet.commands.output import JSON_HELP, print_json
from deskfleet.migrate import migrate
from runtime.database import transaction
from tickets import assignment

user = typer.Typer(no_args_is_help=True, add_completion=False)
key = typer.Typer(no_args_is_help=True, add_completion=False)

_DEFAULT_SCOPES: list[str] = [Permission.CREATE_TICKETS.value, Permission.READ_TICKETS.value]


@user.callback()
def users_group() -> None:
    """Staff accounts."""


@key.callback()
def keys_group() -> None:
    """API keys."""


@user.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="Mail address, used to log in.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues and customers.")] = "",
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.AGENT,
    password: Annotated[
        str, typer.Option(help="Generated and printed when absent.", envvar="STAFF_PASSWORD")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Create an account for one of the staff."""
    migrate()
    chosen = password or secrets.token_urlsafe(12)
    with transaction() as session:
        created = users.create_user(session, email, name=name, role=role, password=chosen)
    shown = {"id": created.public_id, "email": created.email, "role": created.role}
    if not password:
        shown["password"] = chosen
    if json:
        print_json(shown)
    else:
        print("\n".join(f"{label:9} {value}" for label, value in shown.items()))


@user.command("disable")
def disable_user(
    account: Annotated[str, typer.Argument(help="Mail address or id (AGENT-…) of one of the staff.")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Close an account. It opens nothing from then on, and its tickets go back to colleagues."""
    migrate()
    with transaction() as session:
        disabled = users.disable_user(session, account)
        public_id = disabled.public_id
        returned = assignment.leave_all(session, public_id)
    if json:
        print_json({"id": public_id, "email": disabled.email, "returned": returned})
    else:
        print(f"{disabled.email} is disabled; {returned} tickets went back.")


@key.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="Repeat for several.")] = _DEFAULT_SCOPES,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Create an API key. Its secret is shown once."""
    migrate()
    with transaction() as session:
        secret = credentials.create_api_key(
            session, name, scopes=[str(one) for one in scope], valid_days=days
        )
    print_json({"name": name, "key": secret}) if json else print(secret)
