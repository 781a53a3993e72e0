"""deskfleet worker: works on queued jobs."""

from typing import Annotated

import typer

from deskfleet import workers
from deskfleet.checks import Process, check_settings
from runtime import desk_settings, jobs, logs, memory, telemetry
from runtime.settings import settings

worker = typer.Typer(add_completion=False)


@worker.command()
def work(
    queues: Annotated[str, typer.Option(help="Comma-separated queues.")] = ",".join(jobs.QUEUES),
    concurrency: Annotated[int | None, typer.Option(min=1, help="Jobs at the same time.")] = None,
) -> None:
    """Work on jobs until SIGTERM; what is begun is finished."""
    check_settings(Process.WORKER)
    logs.configure("worker")
    telemetry.configure("worker")
    telemetry.listen()
    desk_settings.follow()
    workers.load_jobs()
    workers.warm_up()
    memory.settle()
    at_once = concurrency or settings().agent.concurrency
    jobs.app.worker_main(
        [
            "worker", "--pool", "threads", "--concurrency", str(at_once), "-Q", queues,
            "--without-gossip", "--without-mingle", "--loglevel", settings().runtime.log_level,
        ]
    )  # fmt: skip
    telemetry.shut_down()
