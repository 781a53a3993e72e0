"""deskfleet queues list|add|remove|member: who of the staff gets which tickets."""

from collections.abc import Collection, Mapping
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from accounts import users
from agent_core.routing import category_names
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from runtime.language import LANGUAGES
from tickets import assignment, staff_queues
from tickets.contracts import Priority
from tickets.staff_queue_models import StaffQueue
from tickets.staff_queues import NewQueue, Working

queues = typer.Typer(no_args_is_help=True, add_completion=False)

Name = Annotated[str, typer.Argument(help="The queue's name.")]
Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@queues.callback()
def group() -> None:
    """Staff queues, and who works them."""


@queues.command("list")
def list_queues(json: Json = False) -> None:
    """Every queue with what it takes, what waits in it, and its members."""
    migrate()
    with transaction() as session:
        listed, members = staff_queues.list_queues(session), staff_queues.members(session)
        waiting = staff_queues.count_waiting(session)
        names = {user.public_id: user.name for user in users.list_users(session)}
    shown = [
        (queue, waiting.get(queue.id, 0), [one for one in members if one.queue_id == queue.id])
        for queue in listed
    ]
    if json:
        print_json([_described(*one, names) for one in shown])
        return
    print_table(
        ("queue", "takes", "tickets are", "waiting", "members"),
        [_row(*one, names) for one in shown],
        empty="There are no staff queues.",
    )


@queues.command("add")
def add_queue(  # noqa: PLR0913, PLR0917  # the options of a command are its arguments
    name: Name,
    category: Annotated[list[str] | None, typer.Option(help="Only these; repeat for several.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="The same of languages, such as de.")] = None,
    tier: Annotated[list[str] | None, typer.Option(help="The same of customers' tiers, such as vip.")] = None,
    priority: Annotated[list[Priority] | None, typer.Option(help="The same of priorities.")] = None,
    capacity: Annotated[int, typer.Option(min=1, max=1000, help="Most open tickets of one member.")] = 10,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="Members take their tickets themselves.")
    ] = False,
    json: Json = False,
) -> None:
    """Define a queue. What waits already and belongs there is put into it."""
    _refuse_unknown("category", category or (), known=category_names())
    _refuse_unknown("language", language or (), known=LANGUAGES)
    migrate()
    new = NewQueue(
        name=name,
        categories=category or (),
        languages=language or (),
        tiers=tier or (),
        priorities=[str(one) for one in priority or ()],
        capacity=capacity,
        is_automatic=not by_hand,
    )
    with transaction() as session:
        created = staff_queues.add_queue(session, new).name
        assignment.route_all(session)
    _say(f"There is a staff queue {created} now.", {"added": created}, json=json)


@queues.command("remove")
def remove_queue(name: Name, json: Json = False) -> None:
    """Remove a queue. Its tickets stay with staff; those of nobody go to the queue that fits now."""
    migrate()
    with transaction() as session:
        staff_queues.remove_queue(session, name)
        assignment.route_all(session)
    _say(f"There is no staff queue {name} any more.", {"removed": name}, json=json)


@queues.command("member")
def member(
    name: Name,
    staff: Annotated[str, typer.Argument(help="Mail address or id (AGENT-…) of one of the staff.")],
    capacity: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Most open tickets; absent: the queue's.")
    ] = None,
    present: Annotated[
        bool | None,
        typer.Option("--present/--away", help="Whether they are given tickets now, in all queues."),
    ] = None,
    leave: Annotated[bool, typer.Option("--leave", help="End the membership.")] = False,
    json: Json = False,
) -> None:
    """Make one of the staff a member, change it, or end it; untouched tickets then go back to the queue."""
    migrate()
    with transaction() as session:
        queue = staff_queues.find_queue(session, name)
        public_id = _find_staff(session, staff)
        if leave:
            returned = assignment.leave(session, queue.id, public_id)
            _say(
                f"{staff} has left {name}; {returned} tickets went back to it.",
                {"queue": name, "left": public_id, "returned": returned},
                json=json,
            )
            return
        staff_queues.join(session, queue.id, public_id, capacity=capacity)
        if present is not None:
            staff_queues.set_present(session, public_id, is_present=present)
        assignment.give_waiting(session)
    _say(f"{staff} works {name}.", {"queue": name, "member": public_id}, json=json)


def _find_staff(session: Session, wanted: str) -> str:
    """Raises NotFound for an account that there is not, or that may not work on tickets."""
    for user in users.may_be_assigned(session):
        if wanted.strip().casefold() in (user.email.casefold(), user.public_id.casefold()):
            return user.public_id
    raise NotFound(f"Nobody who works on tickets is called {wanted[:80]!r}; name a mail address or an id.")


def _refuse_unknown(field: str, given: Collection[str], *, known: Collection[str]) -> None:
    for one in given:
        if one not in known:
            raise InvalidInput(
                f"There is no {field} {one[:40]!r}; use one of {', '.join(sorted(known))}.", field=field
            )


def _say(text: str, value: dict[str, object], *, json: bool) -> None:
    print_json(value) if json else print(text)


def _described(
    queue: StaffQueue, waiting: int, members: list[Working], names: Mapping[str, str]
) -> dict[str, object]:
    return {
        "name": queue.name,
        **_skills(queue),
        "capacity": queue.capacity,
        "automatic": queue.is_automatic,
        "waiting": waiting,
        "members": [
            {
                "id": one.staff,
                "name": names.get(one.staff, ""),
                "present": one.is_present,
                "open": one.load,
                "capacity": one.capacity,
            }
            for one in members
        ],
    }


def _row(
    queue: StaffQueue, waiting: int, members: list[Working], names: Mapping[str, str]
) -> tuple[object, ...]:
    takes = "; ".join(f"{what}: {', '.join(listed)}" for what, listed in _skills(queue).items() if listed)
    people = ", ".join(
        f"{names.get(one.staff, one.staff)} {one.load}/{one.capacity}{'' if one.is_present else ' (away)'}"
        for one in members
    )
    given = "given out" if queue.is_automatic else "taken by hand"
    return queue.name, takes or "everything", given, waiting, people or "nobody"


def _skills(queue: StaffQueue) -> dict[str, list[str]]:
    return {
        "categories": queue.categories,
        "languages": queue.languages,
        "tiers": queue.tiers,
        "priorities": queue.priorities,
    }
