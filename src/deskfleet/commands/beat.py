"""deskfleet beat: requests the periodic jobs. Run one of it; two would only ask twice."""

import typer
from celery.beat import Scheduler, Service

from deskfleet.checks import Process, check_settings
from deskfleet.signals import orderly_end
from runtime import jobs, logs, telemetry

beat = typer.Typer(add_completion=False)


@beat.command()
def tick() -> None:
    """Request the periodic jobs of `runtime/schedule.py` until SIGTERM."""
    check_settings(Process.BEAT)
    logs.configure("beat")
    telemetry.configure("beat")
    telemetry.listen()
    with orderly_end():
        Service(jobs.app, scheduler_cls=Scheduler).start()
    telemetry.shut_down()
