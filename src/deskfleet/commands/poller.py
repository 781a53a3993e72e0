"""deskfleet poller: reads the mailboxes."""

import signal
import threading

import typer

from deskfleet.checks import Process, check_settings
from ingestion import imap_poller
from runtime import desk_settings, logs, telemetry

poller = typer.Typer(add_completion=False)


@poller.command()
def poll() -> None:
    """Read every mailbox until SIGTERM; the mails being read are finished."""
    check_settings(Process.POLLER)
    logs.configure("poller")
    telemetry.configure("poller")
    telemetry.listen()
    desk_settings.follow()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    imap_poller.run(stop)
    telemetry.shut_down()
