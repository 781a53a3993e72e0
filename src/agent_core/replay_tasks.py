"""Replays on the fleet: each job works on a replay for a while, beside its colleagues, and asks for the next one."""

import os
import time
from multiprocessing import parent_process

from agent_core import replay
from llm import local_embedding
from runtime import jobs
from runtime.jobs import job
from runtime.settings import settings

_SENTENCES = 32_768  # Of a large knowledge base, so that each is embedded once: 50 MB.
_AT_MOST_S = 60.0  # Then the worker's place is free for another job.
REPLAY_PART = "agent_core.replay_tasks.replay_part"


@job(queue="analytics")
def replay_part(replay_id: int) -> None:
    """May run any number of times at once: who comes late finds nothing to do."""
    ends = time.monotonic() + _AT_MOST_S
    run = replay.load(replay_id)
    if not replay.work(run, goes_on=lambda: time.monotonic() < ends and not jobs.is_stopping()):
        jobs.request_now(REPLAY_PART, replay_id)


def work_as_process(replay_id: int) -> None:
    """The whole of a process of its own: one of several on this machine, so each embeds on one thread.

    It stops with the process that started it, however that ended.
    """
    os.environ["DESKFLEET_KNOWLEDGE_THREADS"] = "1"
    settings.cache_clear()
    local_embedding.remember(_SENTENCES)
    parent = parent_process()
    run = replay.load(replay_id)
    replay.work(run, goes_on=lambda: parent is None or parent.is_alive())
