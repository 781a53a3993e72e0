"""The channels for the console, which does not know ingestion, and for the command: which are open, and their tests."""

from collections.abc import Callable, Sequence

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from console.reaching import Way
from ingestion.channels import http_client
from ingestion.mail import boxes, probe
from ingestion.webhooks import RECEIVERS
from runtime.errors import NotFound, Permanent, Retryable
from runtime.settings import settings, variable_names
from tickets.contracts import Channel


def list_channels() -> Sequence[Way]:
    public_url = settings().public_url
    return [
        Way(Channel.MAIL, ", ".join(box.address for box in boxes.all_boxes())),
        Way(Channel.WEB_CHAT, f"{public_url}/chat"),
        *(Way(name, f"{public_url}/webhooks/{name}", _missing(group)) for name, group in _vendors().items()),
    ]


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


def try_channel(name: str) -> str:
    tests = _tests()
    if name not in tests:
        raise NotFound(f"There is no channel {name[:40]!r}; there are: {', '.join(tests)}.")
    return tests[name]()


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
