"""The lines of the timeline and the words of notices."""

import pytest

from console.steps import NOTICES, Automatic, notice, step
from ingestion.mail.kinds import MailKind


def test_every_kind_of_mail_that_is_kept_without_an_answer_has_its_words() -> None:
    assert set(NOTICES) == set(Automatic)
    assert set(MailKind) - {MailKind.MESSAGE} <= set(Automatic)


def test_a_notice_of_a_kind_that_is_not_known_yet_is_still_told() -> None:
    assert notice("carrier_pigeon") == ("An automatic message came", "Automatic message from", "")
    assert step("noticed", "system", {}, {}) == "An automatic message came"


@pytest.mark.parametrize(
    ("automatic", "line"),
    [
        ("auto_reply", "An automatic reply came"),
        ("bounce", "A mail server reported a problem with a mail of ours"),
        ("participant", "Somebody in copy wrote"),
    ],
)
def test_a_notice_is_a_step(automatic: str, line: str) -> None:
    assert step("noticed", "system", {"automatic": automatic}, {}) == line


@pytest.mark.parametrize(
    ("kind", "data", "line"),
    [
        ("status_written", {"done": True}, "Zendesk was told that it is done"),
        ("status_written", {"done": False}, "Zendesk was told that it is open again"),
        (
            "status_refused",
            {"done": True, "error": "403 Forbidden"},
            "Zendesk did not take that it is done: 403 Forbidden",
        ),
        (
            "status_postponed",
            {"done": True, "error": "It answers 503.", "tries": 1, "until": "2026-11-03T14:05:00+00:00"},
            "Zendesk could not be told yet that it is done: It answers 503.",
        ),
    ],
)
def test_what_a_help_desk_was_told_is_a_step(kind: str, data: dict[str, object], line: str) -> None:
    assert step(kind, "system", data, {}, "zendesk") == line


def test_a_help_desk_without_a_name_is_one_all_the_same() -> None:
    assert step("status_written", "system", {"done": True}, {}) == "The help desk was told that it is done"


def test_a_rating_is_told_with_its_comment() -> None:
    assert step("rated", "customer", {"rating": 5, "comment": ""}, {}) == "Customer rated the chat 5 of 5"
    line = step("rated", "customer", {"rating": 2, "comment": "Too slow"}, {})
    assert line == "Customer rated the chat 2 of 5: “Too slow”"


def test_a_step_of_another_kind_is_still_told() -> None:
    assert step("merged_into", "AGENT-1", {}, {"AGENT-1": "Anna"}) == "Anna: Merged into"
    handed = step("escalated", "system", {"reason": "no such"}, {})
    assert handed == "deskfleet handed it to staff: no reason given"
    assert step("status", "agent", {"status": "split"}, {}) == "AI set the status to Split"


def test_a_translation_is_a_step_that_names_the_language() -> None:
    line = step("translated", "agent", {"seq": 1, "language": "en"}, {})
    assert line == "AI translated a message into English"
