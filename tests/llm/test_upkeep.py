from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from llm import records, upkeep
from llm.models import LlmCall
from runtime import schedule
from runtime.database import transaction
from tests.llm.conftest import Configure
from tests.llm.test_figures import CALL, NOW


def test_calls_are_forgotten_when_they_are_older_than_they_are_kept(configure: Configure) -> None:
    configure(DESKFLEET_LLM_CALLS_KEPT_DAYS="30")
    records.write(CALL)
    records.write(replace(CALL, at=NOW - timedelta(days=31)))
    upkeep.forget_old_calls()
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(LlmCall)) == 1


def test_the_job_is_on_the_schedule_and_never_behind_a_backlog() -> None:
    assert schedule.entries()["llm.upkeep.forget_old_calls"]["options"]["queue"] == "upkeep"
