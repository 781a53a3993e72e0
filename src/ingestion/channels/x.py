"""X: account activity in (CRC challenge, signed deliveries), direct messages and replies to posts out."""

import base64
import hashlib
import hmac
import json
import re

from ingestion.channels import http_client, oauth1
from ingestion.channels.contract import Challenge, WebhookRequest
from ingestion.channels.http_client import Answer
from ingestion.channels.splitting import send_in_parts, split_text, utf16_units
from ingestion.channels.x_events import DIRECT, MENTION, parse_activity
from ingestion.mail.compose import absolute
from runtime.errors import NotAuthenticated, Permanent, Retryable, SettingError
from runtime.settings import settings
from tickets.contracts import IncomingMessage
from tickets.deliveries import Outgoing
from tickets.post_weight import MOST_WEIGHT, weight_of

_MOST_DIRECT = 10_000
# Of each limit X tells what is left and when it starts anew; the usual one, and those of a day.
_LIMITS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")


def challenge(request: WebhookRequest) -> Challenge | None:
    """The CRC, which X asks again and again: whether we know the app's secret."""
    token = request.query.get("crc_token", "")
    if request.method != "GET" or not token:
        return None
    answer = {"response_token": _signature(token.encode("utf-8", "replace"))}
    return Challenge(json.dumps(answer), media_type="application/json")


def verify(request: WebhookRequest) -> None:
    """X signs no moment: what is delivered again is known by its events' ids."""
    given = request.headers.get("x-twitter-webhooks-signature", "")
    if not hmac.compare_digest(_signature(request.body).encode(), given.strip().encode("utf-8", "replace")):
        raise NotAuthenticated("The delivery is not signed by X.")


def _signature(content: bytes) -> str:
    secret = settings().x.consumer_secret.get_secret_value()
    if not secret:
        raise NotAuthenticated("X is not set up.")
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def parse(body: bytes) -> list[IncomingMessage]:
    return parse_activity(body, account_id=settings().x.account_id)


def send(outgoing: Outgoing) -> None:
    """Send a direct message, or a reply to the customer's newest post, in parts where it is too long for one.

    Raises Retryable, Permanent or FateUnknown; see `send_in_parts` for a failure in the middle.
    """
    kind, _, name = outgoing.thread.partition(":")
    user_id = name.partition(":")[0]
    if not re.fullmatch(r"[0-9]+", user_id):
        raise Permanent("The ticket names no conversation on X.")
    if kind == DIRECT:
        parts = split_text(_with_sources(outgoing), _MOST_DIRECT, weight=utf16_units)
        send_in_parts(parts, lambda part, _after: _send_direct(part, user_id), after="")
    elif kind == MENTION and re.fullmatch(r"[0-9]+", outgoing.answers_id):
        parts = split_text(_with_sources(outgoing, most=1), MOST_WEIGHT, weight=weight_of)
        send_in_parts(parts, _send_post, after=outgoing.answers_id)
    else:
        raise Permanent("There is no post on X that this reply could answer.")


def _with_sources(outgoing: Outgoing, *, most: int = 5) -> str:
    """The text with the addresses of what it cites, each once; a public post gets the first alone."""
    found = [absolute(str(citation.get("url") or "")) for citation in outgoing.citations]
    new = [url for url in dict.fromkeys(found) if url and url not in outgoing.text]
    return "\n".join([outgoing.text.strip(), *new[:most]])


def _send_direct(part: str, user_id: str) -> str:
    return _post(f"/2/dm_conversations/with/{user_id}/messages", {"text": part}, made="dm_event_id")


def _send_post(part: str, answers: str) -> str:
    made = _post("/2/tweets", {"text": part, "reply": {"in_reply_to_tweet_id": answers}}, made="id")
    return made or answers


def _post(path: str, content: dict[str, object], *, made: str) -> str:
    """The id of what was made, empty when X does not say."""
    try:
        answer = _call("POST", path, content)
    except SettingError as error:
        # Nothing was sent: once the setting is right, it will be.
        raise Retryable(error.detail) from None
    data = answer.json().get("data")
    return str(data.get(made) or "") if isinstance(data, dict) else ""


def _call(method: str, path: str, content: dict[str, object] | None = None) -> Answer:
    x = settings().x
    url = f"{x.api_url.rstrip('/')}{path}"
    authorization = oauth1.authorization(method, url, _credentials())
    answer = http_client.request(method, url, headers={"Authorization": authorization}, body=content)
    problem = answer.json()
    secrets = (x.consumer_key, x.consumer_secret, x.access_token, x.access_token_secret)
    said = http_client.harmless(problem.get("detail") or problem.get("title"), secrets)
    http_client.judge(answer, said, retry_after_s=_limited_s(answer))
    return answer


def _credentials() -> oauth1.Credentials:
    """Raises SettingError naming the one that is missing."""
    x = settings().x
    return oauth1.Credentials(
        consumer_key=http_client.need(x.consumer_key, "DESKFLEET_X_CONSUMER_KEY"),
        consumer_secret=http_client.need(x.consumer_secret, "DESKFLEET_X_CONSUMER_SECRET"),
        token=http_client.need(x.access_token, "DESKFLEET_X_ACCESS_TOKEN"),
        token_secret=http_client.need(x.access_token_secret, "DESKFLEET_X_ACCESS_TOKEN_SECRET"),
    )


def _limited_s(answer: Answer) -> float | None:
    """Seconds until the limit that is used up starts anew: the longest of them, or the usual one."""
    if answer.status != 429:
        return None
    reset = {limit: http_client.until(answer.headers.get(f"{limit}-reset", "")) for limit in _LIMITS}
    used_up = [
        seconds
        for limit, seconds in reset.items()
        if seconds is not None and answer.headers.get(f"{limit}-remaining", "").strip() == "0"
    ]
    return max(used_up, default=reset["x-rate-limit"])


def was_sent(outgoing: Outgoing) -> bool | None:
    """X has no id of ours to look for, so it cannot tell."""
    del outgoing
    return None


def test_connection() -> str:
    data = _call("GET", "/2/users/me").json().get("data")
    account = data if isinstance(data, dict) else {}
    name, number = str(account.get("username") or ""), str(account.get("id") or "")
    http_client.check_account(
        number, settings().x.account_id, setting="DESKFLEET_X_ACCOUNT_ID", what="X account"
    )
    return f"X lets us in as @{name} ({number})."
