"""A stand-in for Facebook's Graph API on loopback: checks token, proof and lengths, keeps messages and comments."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from tests.stubs.vendor_stub import Answer, Json, Received, VendorStub

APP_SECRET = "app-secret"
VERIFY_TOKEN = "agreed word"
PAGE_TOKEN = "EAAB-page-token"
PAGE_ID = "5550001"

SETTINGS = {
    "FACEBOOK_APP_SECRET": APP_SECRET,
    "FACEBOOK_VERIFY_TOKEN": VERIFY_TOKEN,
    "FACEBOOK_PAGE_TOKEN": PAGE_TOKEN,
    "FACEBOOK_PAGE_ID": PAGE_ID,
}


@dataclass
class FacebookStub(VendorStub):
    """`messages` are the bodies as they came, without the proof; `comments` are (text, what it answers)."""

    messages: list[Json] = field(default_factory=list)
    comments: list[tuple[str, str]] = field(default_factory=list)

    def respond(self, request: Received) -> Answer:
        if request.headers.get("authorization") != f"Bearer {PAGE_TOKEN}":
            return refusal(190, f"Malformed access token {request.headers.get('authorization')}", status=401)
        content = dict(request.query) | request.body
        proof = hmac.new(APP_SECRET.encode(), PAGE_TOKEN.encode(), hashlib.sha256).hexdigest()
        if content.pop("appsecret_proof", "") != proof:
            return refusal(100, "Invalid appsecret_proof provided in the API argument")
        if request.path == "/me":
            return Answer(200, {"id": PAGE_ID, "name": "Example Shop"})
        if request.path == "/me/messages":
            return self._message(content)
        return self._comment(request.path, content)

    def _comment(self, path: str, content: dict[str, Any]) -> Answer:
        found = re.fullmatch(r"/([0-9_]+)/comments", path)
        if not found:
            return refusal(100, "Unsupported request")
        self.comments.append((content["message"], found[1]))
        return Answer(200, {"id": f"77_{90 + len(self.comments)}"})

    def _message(self, content: dict[str, Any]) -> Answer:
        if len(content["message"]["text"]) > 2_000:
            return refusal(100, "Length of param message[text] must be less than or equal to 2000")
        self.messages.append(content)
        return Answer(
            200, {"recipient_id": content["recipient"]["id"], "message_id": f"m_{len(self.messages)}"}
        )


def refusal(
    code: int, message: str, *, subcode: int = 0, status: int = 400, headers: dict[str, str] | None = None
) -> Answer:
    """An error in the form of the Graph API."""
    error = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}
    return Answer(status, {"error": error}, headers=headers or {})
