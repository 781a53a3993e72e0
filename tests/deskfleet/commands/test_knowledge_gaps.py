"""deskfleet knowledge gaps and impact: figures for people, JSON for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskfleet.commands.knowledge import knowledge
from runtime.errors import NotFound
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import ANSWER, RACKS, an_article, answered, asked_by_all
from tests.knowledge.test_impact import QUESTIONS, RETURNS, answered_from


def run(*arguments: str) -> str:
    done = CliRunner().invoke(knowledge, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def printed(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_gaps_are_looked_for_and_listed(run_jobs: CollectedJobs) -> None:
    tickets = asked_by_all(RACKS)
    answered(tickets[0])
    assert printed("gaps") == {"run": None, "gaps": []}
    found = printed("gaps", "--now")
    assert (found["run"]["questions"], found["run"]["gaps"], found["run"]["drafts"]) == (3, 1, 1)
    (gap,) = found["gaps"]
    assert (gap["size"], gap["askers"], gap["trend"], gap["state"]) == (3, 3, "new", "open")
    assert sorted(gap["examples"]) == sorted(RACKS)
    assert gap["draft"]["sources"] == [tickets[0]]
    assert ANSWER.split(". ")[0] in gap["draft"]["body"]


def test_people_read_a_table(run_jobs: CollectedJobs) -> None:
    assert "There are no gaps." in run("gaps")
    asked_by_all(RACKS)
    shown = run("gaps", "--now")
    assert "questions 3, gaps 1, drafts 1" in shown
    assert RACKS[0] in shown
    assert "There are no gaps." in run("gaps", "--state", "dismissed")


def test_what_a_withdrawal_or_another_text_would_change_is_printed(
    run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    added = an_article(RETURNS, slug="returns", title="Returns")
    answered_from(added, QUESTIONS[0])
    withdrawn = printed("impact", added.public_id.lower())
    assert (withdrawn["answers"], withdrawn["tried"], withdrawn["outcomes"]["nothing"]) == (1, 1, 1)
    (changed,) = withdrawn["changed"]
    assert (changed["question"], changed["version"], changed["after"]) == (QUESTIONS[0], 1, [])
    file = tmp_path / "returns.md"
    file.write_text(RETURNS.replace("30 days", "14 days"))
    edited = printed("impact", added.public_id, "--new-file", str(file))
    assert edited["outcomes"]["reworded"] == 1
    assert "14 days" in edited["changed"][0]["after"][0]["text"]
    shown = run("impact", added.public_id, "--new-file", str(file))
    assert "1 answers used" in shown
    assert "reworded 1" in shown


def test_an_unknown_article_is_named(run_jobs: CollectedJobs) -> None:
    with pytest.raises(NotFound, match="ART-0"):
        run("impact", "ART-0")
