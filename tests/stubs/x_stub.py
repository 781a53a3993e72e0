"""A stand-in for X's API on loopback: checks the OAuth 1.0a signature and the lengths, keeps posts and messages."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from tests.stubs.vendor_stub import Answer, Json, Received, VendorStub

CONSUMER_KEY = "app key"
CONSUMER_SECRET = "app/secret"
TOKEN = "7001-token"
TOKEN_SECRET = "token&secret"
ACCOUNT_ID = "7001"

SETTINGS = {
    "X_CONSUMER_KEY": CONSUMER_KEY,
    "X_CONSUMER_SECRET": CONSUMER_SECRET,
    "X_ACCESS_TOKEN": TOKEN,
    "X_ACCESS_TOKEN_SECRET": TOKEN_SECRET,
    "X_ACCOUNT_ID": ACCOUNT_ID,
}


@dataclass
class XStub(VendorStub):
    """`posts` are (text, what it answers), `messages` (text, to whom)."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def respond(self, request: Received) -> Answer:
        if not self._signed(request):
            return _problem(401, "Unauthorized")
        if request.path == "/2/users/me":
            return Answer(200, {"data": {"id": ACCOUNT_ID, "name": "Desk", "username": "ExampleDesk"}})
        if request.path == "/2/tweets":
            return self._tweet(request.body)
        found = re.fullmatch(r"/2/dm_conversations/with/(\d+)/messages", request.path)
        return self._message(found[1], request.body) if found else _problem(404, "Not found")

    def _tweet(self, body: Json) -> Answer:
        answers = body["reply"]["in_reply_to_tweet_id"]
        if answers in self.deleted:
            return _problem(403, "You attempted to reply to a post that is deleted.")
        if counted(body["text"]) > 280:
            return _problem(403, "The post is too long.")
        self.posts.append((body["text"], answers))
        return Answer(201, {"data": {"id": str(8000 + len(self.posts)), "text": body["text"]}})

    def _message(self, to: str, body: Json) -> Answer:
        if len(body["text"]) > 10_000:
            return _problem(400, "The message is too long.")
        self.messages.append((body["text"], to))
        event = {"dm_conversation_id": f"{ACCOUNT_ID}-{to}", "dm_event_id": str(9000 + len(self.messages))}
        return Answer(201, {"data": event})

    def _signed(self, request: Received) -> bool:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', rest)}
        signature = given.pop("oauth_signature", "")
        if scheme != "OAuth" or (given.get("oauth_consumer_key"), given.get("oauth_token")) != (
            CONSUMER_KEY,
            TOKEN,
        ):
            return False
        url = f"http://{request.headers['host']}{request.path}"
        pairs = sorted(
            (_escaped(name), _escaped(value)) for name, value in {**request.query, **given}.items()
        )
        signed = "&".join(
            _escaped(one) for one in (request.method, url, "&".join("=".join(pair) for pair in pairs))
        )
        key = f"{_escaped(CONSUMER_SECRET)}&{_escaped(TOKEN_SECRET)}".encode()
        expected = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha1)).decode()
        return hmac.compare_digest(signature, expected)


def counted(text: str) -> int:
    """X's count for the texts of these tests: a link is 23, what lies beyond Georgian is 2."""
    shortened = re.sub(r"https?://[!-~]+", "x" * 23, text)
    return sum(1 if ord(char) <= 0x10FF or 0x2010 <= ord(char) <= 0x201F else 2 for char in shortened)


def _escaped(text: str) -> str:
    return quote(text, safe="~")


def _problem(status: int, detail: str) -> Answer:
    return Answer(status, {"title": "Refused", "detail": detail, "type": "about:blank", "status": status})
