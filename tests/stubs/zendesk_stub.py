"""A stand-in for Zendesk's Support API on loopback: tickets with comments, audits and a status."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

from tests.stubs.vendor_stub import Answer, Json, Received, VendorStub

USER = "desk@example.com"
TOKEN = "zendesk-api-token"
USER_ID = 900
WEBHOOK_SECRET = "zendesk-webhook-secret"
SETTINGS = {
    "ZENDESK_USER": USER,
    "ZENDESK_USER_ID": str(USER_ID),
    "ZENDESK_API_TOKEN": TOKEN,
    "ZENDESK_WEBHOOK_SECRET": WEBHOOK_SECRET,
}


@dataclass
class ZendeskTicket:
    """`audits` is what happened to it, oldest first; the comments are those of the audits."""

    status: str = "open"
    comments: list[Json] = field(default_factory=list)
    audits: list[Json] = field(default_factory=list)


@dataclass
class ZendeskStub(VendorStub):
    """Create its tickets by `tickets[id] = ZendeskTicket()`. Audits and comments come in pages of `page_size`."""

    tickets: dict[str, ZendeskTicket] = field(default_factory=dict)
    page_size: int = 100
    role: str = "agent"

    def respond(self, request: Received) -> Answer:
        if request.path == "/api/v2/users/me.json":
            return Answer(200, {"user": self._me(request)})
        if not self._signed_in(request):
            return Answer(401, {"error": "Couldn't authenticate you"})
        found = re.fullmatch(r"/api/v2/tickets/(\d+)(/audits|/comments)?\.json", request.path)
        ticket = self.tickets.get(found[1]) if found else None
        if found is None or ticket is None:
            return Answer(404, {"error": "RecordNotFound", "description": "Not found"})
        if found[2]:
            return self._listed(found[2][1:], ticket, request)
        return self._shown(ticket, request)

    def _shown(self, ticket: ZendeskTicket, request: Received) -> Answer:
        if request.method == "PUT":
            return self._update(ticket, request.body["ticket"])
        return Answer(200, {"ticket": {"status": ticket.status}})

    def _signed_in(self, request: Received) -> bool:
        expected = base64.b64encode(f"{USER}/token:{TOKEN}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    def _me(self, request: Received) -> Json:
        """To a stranger Zendesk shows an anonymous user in place of an error."""
        if self._signed_in(request):
            return {"id": USER_ID, "name": "Desk", "email": USER, "role": self.role}
        return {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}

    def _update(self, ticket: ZendeskTicket, change: Json) -> Answer:
        if ticket.status == "closed":
            details = {"status": [{"description": "Status: closed prevents ticket update"}]}
            return Answer(422, {"error": "RecordInvalid", "details": details})
        events: list[Json] = []
        if comment := change.get("comment"):
            made = {"id": 7000 + len(ticket.comments), "author_id": USER_ID, **comment}
            ticket.comments.append(made)
            events.append({"type": "Comment", **made})
        ticket.status = change.get("status", ticket.status)
        metadata: dict[str, Any] = {"system": {"client": "deskfleet"}, "custom": change.get("metadata", {})}
        audit = {"id": 8000 + len(ticket.audits), "metadata": metadata, "events": events}
        ticket.audits.append(audit)
        return Answer(200, {"ticket": {"status": ticket.status}, "audit": audit})

    def _listed(self, name: str, ticket: ZendeskTicket, request: Received) -> Answer:
        rows = ticket.audits if name == "audits" else ticket.comments
        start = int(request.query.get("page[after]", "0"))
        end = start + self.page_size
        return Answer(
            200, {name: rows[start:end], "meta": {"has_more": end < len(rows), "after_cursor": str(end)}}
        )
