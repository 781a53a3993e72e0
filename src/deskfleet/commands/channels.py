"""deskfleet channels list|test: which ways to customers are open, what the others lack, and whether one works."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text
from ingestion.channels import http_client
from ingestion.mail import boxes, probe
from ingestion.webhooks import RECEIVERS
from runtime.errors import DeskfleetError, NotFound, Permanent, Retryable
from runtime.settings import settings, variable_names
from tickets.contracts import Channel

channels = typer.Typer(no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@dataclass(frozen=True)
class Row:
    channel: Channel
    comes_in_at: str
    missing: tuple[str, ...] = ()


@channels.callback()
def group() -> None:
    """How customers reach you, and whether it works."""


@channels.command("list")
def list_channels(json: Json = False) -> None:
    """Every channel: whether it is on, where messages come in, and the settings that are missing."""
    public_url = settings().public_url
    rows = [
        Row(Channel.MAIL, ", ".join(box.address for box in boxes.all_boxes())),
        Row(Channel.WEB_CHAT, f"{public_url}/chat"),
        *(Row(name, f"{public_url}/webhooks/{name}", _missing(group)) for name, group in _vendors().items()),
    ]
    if json:
        print_json([{**asdict(row), "on": not row.missing} for row in rows])
        return
    heads = ("channel", "on", "comes in at", "missing")
    shown = [
        (row.channel.value, "no" if row.missing else "yes", row.comes_in_at, ", ".join(row.missing))
        for row in rows
    ]
    print_table(heads, shown, empty="")


def _vendors() -> dict[Channel, BaseSettings]:
    chosen = settings()
    return {
        Channel.X: chosen.x,
        Channel.FACEBOOK: chosen.facebook,
        Channel.ZENDESK: chosen.zendesk,
        Channel.INTERCOM: chosen.intercom,
    }


def _missing(group: BaseSettings) -> tuple[str, ...]:
    """Every secret and every address of a vendor's group is needed; the ids only narrow what is let in."""
    needed = {
        name: getattr(group, name)
        for name in type(group).model_fields
        if name in ("api_url", "user", "admin_id") or isinstance(getattr(group, name), SecretStr)
    }
    names = variable_names(type(group))
    return tuple(names[name] for name, value in needed.items() if not _is_set(value))


def _is_set(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


@channels.command("test")
def ask_channel(
    name: Annotated[str, typer.Argument(help="As `deskfleet channels list` shows it.")], json: Json = False
) -> None:
    """Ask the other side whether it lets us in. Nothing is sent, read or changed."""
    tests = _tests()
    if name not in tests:
        raise NotFound(f"There is no channel {name!r}; there are: {', '.join(tests)}.")
    try:
        said = tests[name]()
    except DeskfleetError as error:
        if not json:
            raise
        print_json({"channel": name, "ok": False, "said": error.detail})
        raise typer.Exit(1) from None
    if json:
        print_json({"channel": name, "ok": True, "said": said})
    else:
        print_text(said)


def _tests() -> dict[str, Callable[[], str]]:
    vendors = {channel.value: receiver.test_connection for channel, receiver in RECEIVERS.items()}
    return {Channel.MAIL.value: _test_mail, Channel.WEB_CHAT.value: _test_chat, **vendors}


def _test_mail() -> str:
    """Every mailbox, reading and sending; `deskfleet mail test` shows one in parts."""
    found = [(box, finding) for box in boxes.all_boxes() for finding in probe.probe(box)]
    said = "\n".join(f"{box.name} {finding.about}: {finding.said}" for box, finding in found)
    if not all(finding.ok for _box, finding in found):
        raise Retryable(said)
    return said


def _test_chat() -> str:
    """The chat needs nobody outside: what can be wrong is the way to us."""
    url = f"{settings().public_url}/chat"
    answer = http_client.request("GET", url, headers={})
    if not answer.ok:
        raise Permanent(f"{url} answered {answer.status}: is the public address ours?")
    return f"The chat answers at {url}."
