"""A stand-in for Intercom's REST API on loopback: conversations with parts and a state."""

import re
import time
from dataclasses import dataclass, field

from tests.stubs.vendor_stub import Answer, Json, Received, VendorStub

TOKEN = "intercom-access-token"
ADMIN_ID = "814860"
CLIENT_SECRET = "intercom-client-secret"
SETTINGS = {
    "INTERCOM_ACCESS_TOKEN": TOKEN,
    "INTERCOM_ADMIN_ID": ADMIN_ID,
    "INTERCOM_CLIENT_SECRET": CLIENT_SECRET,
}


@dataclass
class IntercomConversation:
    state: str = "open"
    parts: list[Json] = field(default_factory=list)
    total: int | None = None  # More than are listed, as of a very long conversation.


@dataclass
class IntercomStub(VendorStub):
    """Create its conversations by `conversations[id] = IntercomConversation()`."""

    conversations: dict[str, IntercomConversation] = field(default_factory=dict)

    def respond(self, request: Received) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._error(401, "unauthorized", "Access Token Invalid")
        if request.path == "/me":
            return Answer(200, {"type": "admin", "id": ADMIN_ID, "app": {"id_code": "abc123"}})
        if found := re.fullmatch(r"/admins/(\w+)", request.path):
            known = found[1] == ADMIN_ID
            return Answer(200, {"type": "admin", "id": ADMIN_ID}) if known else self._missing("Admin")
        found = re.fullmatch(r"/conversations/(\w+)(/reply|/parts)?", request.path)
        conversation = self.conversations.get(found[1]) if found else None
        if found is None or conversation is None:
            return self._missing("Conversation")
        if request.method == "POST":
            self._add(conversation, request.body)
        return Answer(200, self._shown(found[1], conversation))

    def _error(self, status: int, code: str, message: str) -> Answer:
        return Answer(status, {"type": "error.list", "errors": [{"code": code, "message": message}]})

    def _missing(self, what: str) -> Answer:
        return self._error(404, "not_found", f"{what} not found")

    def _add(self, conversation: IntercomConversation, body: Json) -> None:
        kind = body["message_type"]
        conversation.parts.append(
            {
                "type": "conversation_part",
                "id": str(5000 + len(conversation.parts)),
                "part_type": kind,
                "body": body.get("body"),
                "created_at": int(time.time()),
                "author": {"type": "admin", "id": body["admin_id"]},
            }
        )
        if kind in ("close", "open"):
            conversation.state = {"close": "closed", "open": "open"}[kind]

    def _shown(self, conversation_id: str, conversation: IntercomConversation) -> Json:
        parts = conversation.parts
        total = len(parts) if conversation.total is None else conversation.total
        return {
            "type": "conversation",
            "id": conversation_id,
            "state": conversation.state,
            "conversation_parts": {"conversation_parts": parts, "total_count": total},
        }
