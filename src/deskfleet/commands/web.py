"""deskfleet web: HTTP alone; workers, beat and the poller run as processes of their own."""

import typer

from deskfleet.checks import Process, check_settings
from deskfleet.server import Server
from deskfleet.signals import orderly_end
from runtime import desk_settings, logs, telemetry

web = typer.Typer(add_completion=False)


@web.command()
def serve() -> None:
    """Serve HTTP: intake, chat, console and REST."""
    check_settings(Process.WEB)
    logs.configure("web")
    telemetry.configure("web")
    desk_settings.follow()
    with orderly_end():
        Server().run()
    telemetry.shut_down()
