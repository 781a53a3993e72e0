"""deskfleet user create|invite|role|password|disable|list."""

import secrets
from typing import Annotated

import typer

from accounts import audit, invitations, passwords, users
from accounts.audit import Action
from accounts.invitations import NewInvitation
from accounts.permissions import Permission, Principal, Role
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction
from tickets import assignment

user = typer.Typer(no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
Account = Annotated[str, typer.Argument(help="Mail address or id (AGENT-…) of one of the staff.")]
# Whoever may run commands has the database and may do everything.
OPERATOR = Principal(audit.COMMAND, "The command line", frozenset(Permission))


@user.callback()
def users_group() -> None:
    """Staff accounts."""


@user.command("list")
def list_users(json: Json = False) -> None:
    """Every account that is open."""
    migrate()
    with transaction() as session:
        found = users.list_users(session)
    if json:
        print_json(
            [
                {
                    "id": one.public_id,
                    "email": one.email,
                    "role": one.role,
                    "last_login_at": one.last_login_at,
                }
                for one in found
            ]
        )
        return
    rows = [(one.public_id, one.email, one.role, one.last_login_at or "never") for one in found]
    print_table(("account", "mail", "role", "last login"), rows, empty="There are no accounts.")


@user.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="Mail address, used to log in.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues and customers.")] = "",
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.AGENT,
    password: Annotated[
        str, typer.Option(help="Generated and printed when absent.", envvar="STAFF_PASSWORD")
    ] = "",
    json: Json = False,
) -> None:
    """Create an account for one of the staff."""
    migrate()
    chosen = password or secrets.token_urlsafe(12)
    with transaction() as session:
        created = users.create_user(session, email, name=name, role=role, password=chosen)
        data = {"role": str(role)}
        audit.record(session, Action.CREATE_USER, actor=audit.COMMAND, target=created.public_id, data=data)
    shown = {"id": created.public_id, "email": created.email, "role": created.role}
    if not password:
        shown["password"] = chosen
    if json:
        print_json(shown)
    else:
        print("\n".join(f"{label:9} {value}" for label, value in shown.items()))


@user.command("invite")
def invite_user(
    email: Annotated[str, typer.Argument(help="Whom to invite.")],
    name: Annotated[str, typer.Option(help="Suggested to them.")] = "",
    role: Annotated[Role, typer.Option(help="What the account may do.")] = Role.AGENT,
    json: Json = False,
) -> None:
    """Print a link by which a colleague chooses a password. It serves once, for three days."""
    migrate()
    with transaction() as session:
        link = invitations.invite(session, NewInvitation(email, role, name), by=OPERATOR)
    print_json({"email": email, "link": link}) if json else print(link)


@user.command("role")
def change_role(
    account: Account, role: Annotated[Role, typer.Argument(help="The new role.")], json: Json = False
) -> None:
    """Change what an account may do, at once."""
    migrate()
    with transaction() as session:
        changed = users.change_role(session, account, role, by=audit.COMMAND)
    if json:
        print_json({"id": changed.public_id, "email": changed.email, "role": changed.role})
    else:
        print(f"{changed.email} is {changed.role} now.")


@user.command("password")
def set_password(
    account: Account,
    link: Annotated[bool, typer.Option("--link", help="Print a link for the owner instead.")] = False,
    password: Annotated[
        str, typer.Option(help="Generated and printed when absent.", envvar="STAFF_PASSWORD")
    ] = "",
    json: Json = False,
) -> None:
    """Set a new password, which ends every login of the account; or make a link that serves once, for an hour."""
    migrate()
    chosen = password or secrets.token_urlsafe(12)
    with transaction() as session:
        if link:
            shown = {"link": passwords.make_link(session, account, by=OPERATOR)}
        else:
            changed = passwords.set_by_command(session, account, chosen)
            shown = {"id": changed.public_id, "email": changed.email}
            if not password:
                shown["password"] = chosen
    if json:
        print_json(shown)
    else:
        print(shown["link"] if link else "\n".join(f"{label:9} {value}" for label, value in shown.items()))


@user.command("disable")
def disable_user(account: Account, json: Json = False) -> None:
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
