"""Amazon SES says in JSON what became of a mail, and SNS sends that as a mail. Read by `bounces` and `complaints`."""

import json
from dataclasses import dataclass
from typing import Any

from ingestion.mail.decoding import scrub

_LONGEST = 200_000
_LONGEST_VALUE = 500
_KINDS = {"bounce": "bounce", "delivery": "bounce", "deliverydelay": "bounce", "reject": "bounce",
          "complaint": "complaint"}  # fmt: skip


@dataclass(frozen=True)
class CloudNotice:
    """`kind` is `bounce` or `complaint`; `action` and `status` as RFC 3464 has them."""

    kind: str
    action: str
    status: str
    recipient: str
    message_id: str
    diagnostic: str


def find_notice(text: str) -> CloudNotice | None:
    """The notice in a mail's text, or None. Anything else that looks like JSON is a person's."""
    if not text.lstrip().startswith("{") or len(text) > _LONGEST:
        return None
    told = _loaded(_first_object(text))
    if isinstance(told.get("Message"), str):
        told = _loaded(told["Message"]) or told
    stated = str(told.get("notificationType") or told.get("eventType") or "").lower().replace(" ", "")
    if stated not in _KINDS or not isinstance(told.get("mail"), dict):
        return None
    return _noticed(told, stated)


def _first_object(text: str) -> str:
    """SNS puts a footer below its JSON, after a line of dashes."""
    return text.partition("\n--\n")[0]


def _loaded(text: str) -> dict[str, Any]:
    try:
        # Mail servers wrap the long line, so that line ends lie within its strings.
        found = json.JSONDecoder(strict=False).raw_decode(text.lstrip())[0]
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _noticed(told: dict[str, Any], stated: str) -> CloudNotice:
    about = told.get(stated)
    about = about if isinstance(about, dict) else {}
    recipients = [one for key, value in about.items() if key.endswith("ecipients") for one in _listed(value)]
    named = _named(recipients[0]) if recipients else {}
    headers = told["mail"].get("commonHeaders")
    message_id = _text(headers.get("messageId")) if isinstance(headers, dict) else ""
    return CloudNotice(
        kind=_KINDS[stated],
        action=_text(named.get("action")) or ("delivered" if stated == "delivery" else "failed"),
        status=_text(named.get("status")),
        recipient=_text(named.get("emailAddress")),
        message_id=message_id,
        diagnostic=_text(named.get("diagnosticCode") or about.get("smtpResponse")),
    )


def _text(value: object) -> str:
    """Text that can be stored: JSON may spell letters that are none."""
    return scrub(value).strip("<> ")[:_LONGEST_VALUE] if isinstance(value, str) else ""


def _named(recipient: object) -> dict[str, Any]:
    return recipient if isinstance(recipient, dict) else {"emailAddress": recipient}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
