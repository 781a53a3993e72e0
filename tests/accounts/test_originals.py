"""What is seen of an original is audited, what is not audited is not seen, and so are refusals."""

import pytest
from sqlalchemy.orm import Session

from accounts import audit
from accounts.originals import view_original
from accounts.permissions import ROLES, Principal, Role
from runtime.database import transaction
from runtime.errors import Forbidden, NotFound

ADDRESS = "203.0.113.7"


def _viewer(role: Role) -> Principal:
    return Principal("AGENT-BOB00000", "Bob", ROLES[role])


def _kinds(_session: Session, _message_id: int) -> list[str]:
    return ["CREDIT_CARD"]


def _text(_session: Session, message_id: int) -> str:
    return f"The text of {message_id}."


def _none(_session: Session, _message_id: int) -> str:
    raise NotFound("There is no such message.")


def _audited() -> list[tuple[str, str, str, object]]:
    with transaction() as session:
        return [
            (one.action, one.actor, one.address, one.data)
            for one in audit.entries(session, target="message:7")
        ]


def test_a_view_is_audited_with_the_kinds_and_not_what_they_were(database: str) -> None:
    seen = view_original(_viewer(Role.MANAGER), 7, read=_text, kinds=_kinds, address=ADDRESS)
    assert seen == "The text of 7."
    assert _audited() == [("original.viewed", "AGENT-BOB00000", ADDRESS, {"kinds": ["CREDIT_CARD"]})]


def test_a_refusal_is_audited_and_nothing_is_read(database: str) -> None:
    def never(_session: Session, _message_id: int) -> str:
        raise AssertionError("it was read")

    with pytest.raises(Forbidden, match="vault:read"):
        view_original(_viewer(Role.AGENT), 7, read=never, kinds=_kinds, address=ADDRESS)
    assert _audited() == [("original.refused", "AGENT-BOB00000", ADDRESS, {})]


def test_what_there_is_not_was_not_viewed(database: str) -> None:
    with pytest.raises(NotFound):
        view_original(_viewer(Role.MANAGER), 7, read=_none, kinds=_kinds, address=ADDRESS)
    assert _audited() == []


def test_what_cannot_be_audited_is_not_seen(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError, match="no audit"):
        view_original(_viewer(Role.MANAGER), 7, read=_text, kinds=_kinds, address=ADDRESS)
