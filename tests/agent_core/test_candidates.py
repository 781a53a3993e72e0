"""A candidate says what differs from the desk, and what is wrong with it is named."""

from pathlib import Path

import pytest

from agent_core import candidates, prompts, routing
from agent_core.escalation import Mode
from agent_core.facts import rule_book, thresholds
from runtime.errors import InvalidInput
from runtime.settings import settings


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "candidate.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_within_it_the_agent_decides_by_the_candidate_and_afterwards_by_the_desk(tmp_path: Path) -> None:
    reply = prompts.text_of("reply")
    (tmp_path / "mine.md").write_text(reply.replace("\n---\n", "\nBe brief.\n---\n", 1), encoding="utf-8")
    candidate = candidates.read(
        written(
            tmp_path,
            '[agent]\nmin_confidence = 0.9\nmodes = "shipping=draft"\n[models]\nanthropic = "other"\n'
            '[prompts]\nreply = "mine.md"\n[rules.thresholds]\nmax_turns = 2\n[knowledge]\nmin_relevance = 0.7\n',
        )
    )
    before = (thresholds(), rule_book(), prompts.text_of("reply"))
    with candidates.in_use(candidate):
        assert thresholds().min_confidence == 0.9
        assert rule_book().thresholds.max_turns == 2
        assert routing.mode_of("shipping") is Mode.DRAFT
        assert settings().llm.anthropic_model == "other"
        assert settings().knowledge.min_relevance == 0.7
        assert "Be brief." in prompts.text_of("reply")
    assert (thresholds(), rule_book(), prompts.text_of("reply")) == before
    assert routing.mode_of("shipping") is Mode.AUTO


def test_a_prompt_has_a_version_of_its_own(tmp_path: Path) -> None:
    raw = prompts.text_of("triage")
    given = {"prompts": {"triage": raw + "\nOnce more."}}
    now = prompts.prompt("triage")
    with candidates.in_use(candidates.checked(given)):
        assert prompts.prompt("triage").version != now.version
    assert prompts.prompt("triage") == now


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("[agent]\nmin_confidence = 2\n", "agent.min_confidence", "less than or equal to 1"),
        ("[agent]\nmin_confidense = 0.5\n", "agent.min_confidense", "Extra inputs"),
        ('[agent]\nmodes = "parcels=auto"\n', "agent.modes", "no category 'parcels'"),
        ('[agent]\nsteps = "guard,dance"\n', "agent.steps", "no step 'dance'"),
        ('[rules]\noff = ["no_such"]\n', "rules.off", "no rule 'no_such'"),
        ('[prompts]\nsong = "La\\n---\\nla"\n', "prompts.song", "use one of"),
        ('[prompts]\nreply = "no line"\n', "prompts.reply", "a line of ---"),
        ('[prompts]\nreply = "a\\n---\\n{secret}"\n', "prompts.reply", "nothing for {secret}"),
        ('[prompts]\nreply = "absent.md"\n', "prompts.reply", "cannot be read"),
        ('[knowledge]\narticles = "tomorrow"\n', "knowledge.articles", "'then' or 'now'"),
        ("name = [", "candidate", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(tmp_path: Path, text: str, field: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        candidates.read(written(tmp_path, text))
    assert caught.value.field == field
    assert why in caught.value.detail


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        candidates.read(tmp_path / "absent.toml")


def test_the_text_of_a_file_is_read_as_the_file_is() -> None:
    found = candidates.parse('[agent]\r\nmin_confidence = 0.9\r\n[prompts]\r\nreply = """a\n---\nb"""')
    assert found.agent.min_confidence == 0.9
    assert found.prompts == {"reply": "a\n---\nb"}
    with pytest.raises(InvalidInput, match="not TOML"):
        candidates.parse("[agent")
