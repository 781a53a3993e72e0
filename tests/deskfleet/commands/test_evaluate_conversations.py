"""deskfleet evaluate conversations: its rows, its figures, and the project's own set through the whole desk."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deskfleet.commands import evaluate_conversations
from deskfleet.commands.conversations import Heard
from deskfleet.commands.evaluate_conversations import Spoken, figures_of
from deskfleet.commands.scripted_customers import Expected, Outcome, Script, read
from runtime.errors import InvalidInput
from runtime.language import LANGUAGES, language_of
from tickets.contracts import Channel, Reason

OWN = Path(__file__).resolve().parents[2] / "evals" / "conversations.jsonl"
ANSWERED = Heard(Outcome.ANSWER, 0.5, reply="Three days.", sources=("shipping",))
HANDED_OVER = Heard(Outcome.STAFF, 1.0, Reason.LEGAL)


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "one",
        "channel": "mail",
        "name": "Alice",
        "turns": ["Hello?"],
        "expect": {"outcome": "answer"},
    }
    return row | changes


def written(folder: Path, *rows: dict[str, Any] | str) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return file


def spoken(*heard: Heard, name: str = "one", **expected: Any) -> Spoken:
    expect = Expected(**({"outcome": Outcome.ANSWER} | expected))
    return Spoken(
        Script(id=name, channel=Channel.MAIL, name="Alice", turns=("Hello?",), expect=expect), heard
    )


def faults(*heard: Heard, **expected: Any) -> list[str]:
    return [fault for one in figures_of([spoken(*heard, **expected)])["failures"] for fault in one["faults"]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "line 2: Invalid JSON"),
        (a_row(channel="pigeon"), "line 2: channel"),
        (a_row(turns=[]), "line 2: turns"),
        (a_row(expect={"outcome": "answer", "reason": "legal"}), "line 2: expect"),
        (a_row(expect={"outcome": "staff", "sources": ["shipping"]}), "line 2: expect"),
        (a_row(mood="sad"), "line 2: mood"),
        (a_row(id="first"), "line 2: the id first was there before"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(row: dict[str, Any] | str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(written(tmp_path, a_row(id="first"), row, a_row(id="third")))
    assert said in refused.value.detail


def test_a_file_that_is_absent_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path / "absent.jsonl")
    with pytest.raises(InvalidInput, match="no row"):
        read(written(tmp_path, ""))


def test_what_goes_as_expected_has_no_fault() -> None:
    assert faults(ANSWERED, sources=("shipping", "warranty")) == []
    assert faults(HANDED_OVER, outcome=Outcome.STAFF, reason=Reason.LEGAL) == []


def test_every_kind_of_fault_is_named() -> None:
    assert faults(HANDED_OVER) == ["staff (legal) instead of answer"]
    assert faults(ANSWERED, outcome=Outcome.STAFF) == ["answer (cites shipping) instead of staff"]
    assert faults(HANDED_OVER, outcome=Outcome.STAFF, reason=Reason.SAFETY) == [
        "reason legal instead of safety"
    ]
    assert faults(ANSWERED, sources=("warranty",)) == ["cites shipping instead of warranty"]
    assert faults(ANSWERED, forbidden=("THREE",)) == ["a reply says 'THREE'"]
    assert faults(Heard(None, 90.0)) == ["neither a reply nor staff in time"]


def test_what_an_earlier_reply_says_counts_although_staff_have_the_end() -> None:
    assert faults(ANSWERED, HANDED_OVER, outcome=Outcome.STAFF, forbidden=("days",)) == [
        "a reply says 'days'"
    ]


def test_the_figures_count_what_was_wrong_and_what_was_missed() -> None:
    figures = figures_of(
        [
            spoken(ANSWERED, name="right"),
            spoken(ANSWERED, name="wrong", sources=("warranty",)),
            spoken(HANDED_OVER, name="missed"),
            spoken(ANSWERED, HANDED_OVER, name="over", outcome=Outcome.STAFF),
        ]
    )
    del figures["failures"]
    assert figures == {
        "conversations": 4, "turns": 5, "resolution_rate": 0.5, "escalation_rate": 0.5, "unanswered": 0,
        "as_expected": 0.5, "wrong": 1, "missed": 1, "reasons": {"legal": 2}, "p50_s": 0.5, "p95_s": 1.0,
    }  # fmt: skip


def a_command(monkeypatch: pytest.MonkeyPatch, *heard: Heard) -> typer.Typer:
    """The command without a desk: every customer hears the same."""
    monkeypatch.setattr(
        evaluate_conversations, "measure", lambda scripts, *_, **__: figures_of([Spoken(scripts[0], heard)])
    )
    app = typer.Typer()
    app.command()(evaluate_conversations.run)
    return app


def test_people_get_tables_and_the_exit_code_is_0_without_a_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(written(tmp_path, a_row()))
    done = CliRunner().invoke(a_command(monkeypatch, HANDED_OVER), [file])
    assert done.exit_code == 0
    assert "staff (legal) instead of answer" in done.output


@pytest.mark.parametrize(("floor", "code"), [("0.5", 1), ("0", 0)])
def test_a_floor_that_is_not_reached_exits_with_1(
    floor: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(written(tmp_path, a_row()))
    done = CliRunner().invoke(a_command(monkeypatch, HANDED_OVER), [file, "--json", "--fail-under", floor])
    assert done.exit_code == code
    assert json.loads(done.stdout)["as_expected"] == 0.0


def test_the_own_set_has_all_channels_many_languages_and_conversations_of_several_turns() -> None:
    scripts = read(OWN)
    assert len(scripts) >= 60
    assert {script.channel for script in scripts} == set(Channel)
    assert {script.name for script in scripts} == {"Alice", "Bob", "Carol"}
    told = {language_of(turn) for script in scripts for turn in script.turns}
    assert len(told & set(LANGUAGES)) >= 10
    assert sum(len(script.turns) > 1 for script in scripts) >= 10


@pytest.mark.timeout(900)  # A minute on a machine that does nothing else.
def test_scripted_customers_get_through_the_whole_desk_what_they_should() -> None:
    """In a process of its own, as a person calls it: no server, no key, no network."""
    program = Path(sys.executable).with_name("deskfleet")
    done = subprocess.run(
        [program, "evaluate", "conversations", OWN, "--json", "--fail-under", "0.85"],
        env=os.environ, capture_output=True, text=True, check=False, timeout=850,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:] + done.stdout[-4_000:]
    figures = json.loads(done.stdout)
    print(f"\nconversations: {figures}")
    assert figures["unanswered"] == 0
    assert figures["wrong"] <= 5
    assert figures["resolution_rate"] >= 0.5
    assert figures["p95_s"] < 15
