"""The nightly learning from staff, from corrected tickets to classifiers that every process uses."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select, update

from agent_core import (
    calibration,
    classifier_file,
    local_triage,
    retraining,
    shared_training,
    tasks,
    training,
)
from agent_core.taxonomy import taxonomy
from ingestion import intake
from runtime import jobs, schedule, storage
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings
from tests.agent_core import learning
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import attachments, lifecycle, trainings
from tickets.correction_models import JudgementCorrection, TriageTraining
from tickets.lifecycle import Corrections
from tickets.models import AgentDecision, Ticket

ODD = ["The zorbulator of my flanx is out of whump", "flanx whump zorbulator", "my zorbulator has no whump"]
ASKED = "My flanx has no whump, what about the zorbulator?"


@pytest.fixture(autouse=True)
def _own_folder(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    learning.begin(tmp_path / "one", monkeypatch)
    yield
    learning.end()


def another_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with an empty data folder and the same store."""
    (tmp_path / "two" / "models").mkdir(parents=True)
    (tmp_path / "two" / "files").symlink_to(tmp_path / "one" / "files")
    for target in training.TARGETS:
        name = training.name_of(target, training.examples_of(target, taxonomy()))
        shutil.copy(classifier_file.path_of(name), tmp_path / "two" / "models")
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path / "two"))
    settings.cache_clear()
    learning.forget(monkeypatch)


def corrected(text: str, **right: object) -> None:
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text=text)).ticket_id
        lifecycle.correct(session, ticket_id, Corrections(**right), staff="AGENT-CAROL000")  # type: ignore[arg-type]  # by name


def rows() -> list[TriageTraining]:
    with transaction() as session:
        return list(session.scalars(select(TriageTraining).order_by(TriageTraining.version)))


def test_what_staff_corrected_is_learnt_and_measured_and_kept() -> None:
    assert local_triage.classify(ASKED).category != "shipping"
    for text in ODD:
        corrected(text, category="shipping")
    done = retraining.retrain()
    assert local_triage.classify(ASKED).category == "shipping"
    category = done.figures["category"]
    assert (category.taught, category.is_replaced) == (3, True)
    assert category.before is not None
    assert category.after is not None
    assert category.after >= category.before
    assert not done.figures["priority"].is_replaced
    [row] = rows()
    assert (row.version, row.taught, set(row.models)) == (done.version, 3, {"category"})
    assert row.figures["category"]["after"] == category.after
    assert row.keys == [row.models["category"]["key"]]
    assert len(storage.get(row.keys[0])) > 1000


def test_a_classifier_that_is_worse_is_not_taken() -> None:
    """Nonsense in the name of staff: what was told right before is told wrong after it."""
    names = list(taxonomy().categories)
    for number, one in enumerate(taxonomy().category_examples()[: 8 * 36 : 9]):
        corrected(f"{one.text.text} Thanks!", category=names[number * 3 % len(names)])
    done = retraining.retrain()
    category = done.figures["category"]
    assert category.before is not None
    assert category.after is not None
    assert category.after < category.before
    assert not category.is_replaced
    assert rows()[0].models == {}
    assert local_triage.classify("Where is my parcel?").category == "shipping"


def test_another_process_takes_it_from_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ODD:
        corrected(text, category="shipping")
    retraining.retrain()
    another_pod(tmp_path, monkeypatch)
    assert local_triage.classify(ASKED).category != "shipping"
    assert shared_training.refresh()
    assert local_triage.classify(ASKED).category == "shipping"
    assert not shared_training.refresh(at_once=True)


def test_a_job_brings_it_and_looks_again_after_five_minutes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ODD:
        corrected(text, category="shipping")
    retraining.retrain()
    another_pod(tmp_path, monkeypatch)
    with transaction() as session:
        session.execute(update(Ticket).values(handled_seq=Ticket.last_inbound_seq))
    jobs.call("agent_core.tasks.answer_next", (), {})
    found = training.installed()
    assert found is not None
    assert found.version == rows()[-1].version
    monkeypatch.setattr(trainings, "newest", lambda *_given: pytest.fail("asked again"))
    assert not shared_training.refresh()


def test_when_the_store_is_away_what_there_is_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ODD:
        corrected(text, category="shipping")
    retraining.retrain()
    another_pod(tmp_path, monkeypatch)

    def away(_key: str) -> bytes:
        raise Unavailable("The file store does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "get", away)
        assert not shared_training.refresh(at_once=True)
        assert local_triage.classify("Where is my parcel?").category == "shipping"
    assert shared_training.refresh(at_once=True)


def test_a_process_with_other_code_does_not_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ODD:
        corrected(text, category="shipping")
    retraining.retrain()
    monkeypatch.setattr(classifier_file, "_VERSION", 99)
    learning.forget(monkeypatch)
    assert not shared_training.refresh(at_once=True)
    assert local_triage.classify(ASKED).category != "shipping"


def test_without_anything_new_nothing_is_trained_and_the_classifier_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for text in ODD:
        corrected(text, category="shipping")
    first = retraining.retrain()
    monkeypatch.setattr(training, "checked", lambda *_given: pytest.fail("trained"))
    second = retraining.retrain()
    assert second.version > first.version
    assert second.figures["category"].after is None
    assert rows()[0].models == rows()[1].models
    assert local_triage.classify(ASKED).category == "shipping"


def test_the_store_keeps_what_a_training_names() -> None:
    for text in ODD:
        corrected(text, category="shipping")
    retraining.retrain()
    [key] = rows()[0].keys
    with transaction() as session:
        assert attachments.unlisted(session, [key, "0" * 64]) == ["0" * 64]


def boast(count: int) -> None:
    """A model that is right in seven of ten cases and claims nine, with what staff made of it."""
    draw = np.random.default_rng(3)
    with transaction() as session:
        ticket_id = intake.receive(session, a_message()).ticket_id
        claims = [
            {"category": "shipping", "raw_confidence": float(one), "model": "anthropic:m"}
            for one in draw.uniform(0.8, 1.0, count)
        ]
        decisions = [
            {"ticket_id": ticket_id, "answers_seq": 1, "outcome": "reply", "judgement": one} for one in claims
        ]
        made = session.scalars(insert(AgentDecision).returning(AgentDecision.id), decisions)
        said = [
            {
                "ticket_id": ticket_id, "decision_id": decision_id, "field": "category", "from_value": "shipping",
                "to_value": "shipping" if draw.random() < 0.7 else "bug_report", "staff": "AGENT-CAROL000",
            }
            for decision_id in made
        ]  # fmt: skip
        session.execute(insert(JudgementCorrection), said)


def test_a_boastful_model_is_believed_less_from_then_on() -> None:
    boast(1200)
    done = retraining.retrain()
    curve = done.curves["anthropic:m"]
    assert curve["outcomes"] == 1200
    assert curve["ece_before"] > 0.15
    assert curve["ece_after"] <= 0.05
    assert calibration.applied("anthropic:m", 0.9) == pytest.approx(0.7, abs=0.07)
    assert calibration.applied("openai:n", 0.9) == pytest.approx(0.9)


def test_another_process_believes_it_less_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boast(60)
    retraining.retrain()
    another_pod(tmp_path, monkeypatch)
    shared_training.refresh()
    assert calibration.applied("anthropic:m", 0.9) < 0.85


def test_it_happens_every_night_on_the_queue_of_upkeep() -> None:
    name = f"{tasks.__name__}.{tasks.retrain_nightly.__name__}"
    entry = schedule.entries()[name]
    assert entry["options"]["queue"] == schedule.queue_of(name) == "upkeep"
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({2}, {30})
    jobs.call(name, (), {})
    assert [row.taught for row in rows()] == [0]
