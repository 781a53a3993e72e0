"""Everything in one process: database, worker, schedule, mailbox and web, on the embedded default."""

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from accounts import users
from accounts.permissions import Role
from deskfleet import demo, workers
from deskfleet.checks import Process, check_settings
from deskfleet.migrate import migrate
from deskfleet.server import Server
from deskfleet.signals import orderly_end
from ingestion import imap_poller
from runtime import database, desk_settings, events, logs, publisher, telemetry
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings

_FIRST_ADMIN = "admin@example.com"


@dataclass(frozen=True)
class FirstAdmin:
    email: str
    password: str


def run(*, with_demo: bool) -> None:
    """Start all parts, print where they are, serve until a signal, and stop all parts."""
    with orderly_end():
        _serve(with_demo=with_demo)
    print("\nStopped.", flush=True)


def _serve(*, with_demo: bool) -> None:
    check_settings(Process.UP)
    logs.configure("deskfleet", to_file=data_folder() / "deskfleet.log")
    telemetry.configure("deskfleet")
    _require_free_port()
    print("Starting the database ...", flush=True)
    migrate()
    desk_settings.follow()
    admin = _first_admin()
    if with_demo:
        demo.connect_sample_shop()
        print("Preparing the demo desk ...", flush=True)
        demo.prepare()
    print("Loading the local models ...", flush=True)
    workers.warm_up()
    with _parts(with_demo=with_demo):
        Server(on_ready=lambda: _welcome(admin, with_demo=with_demo)).run()


def _require_free_port() -> None:
    """Say so before anything is started, not after."""
    web = settings().web
    with socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise Unavailable(
                f"Port {web.port} on {web.host} cannot be used ({error.strerror}): set DESKFLEET_PORT to another."
            ) from None


def _first_admin() -> FirstAdmin | None:
    """Made at the first start alone, with a password that only this start prints."""
    with transaction() as session:
        if users.count_users(session):
            return None
        password = secrets.token_urlsafe(12)
        users.create_user(session, _FIRST_ADMIN, name="Admin", role=Role.ADMIN, password=password)
    admin = FirstAdmin(_FIRST_ADMIN, password)
    print("\n".join(_how_to_log_in(admin)), flush=True)  # At once: the start may yet be interrupted.
    return admin


@contextlib.contextmanager
def _parts(*, with_demo: bool) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=imap_poller.run, args=(stop,), name="poller")]
    if with_demo:
        threads.append(threading.Thread(target=demo.feed, args=(stop,), name="demo"))
    with workers.embedded_worker():
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            print("Stopping ...", flush=True)
            stop.set()
            for thread in threads:
                thread.join(timeout=10)
            events.close()
    publisher.flush()
    telemetry.shut_down()
    database.dispose()


def _how_to_log_in(admin: FirstAdmin) -> list[str]:
    return [
        "",
        f"  Log in as {admin.email} with the password {admin.password}",
        "  (It is shown only now.)",
    ]


def _welcome(admin: FirstAdmin | None, *, with_demo: bool) -> None:
    url = settings().public_url
    lines = [
        "",
        f"  deskfleet is up at {url}",
        f"  Staff console      {url}/console",
        f"  Customers' chat    {url}/chat",
        f"  REST, documented   {url}/docs",
        f"  Data and log       {data_folder()}",
    ]
    if admin:
        lines += _how_to_log_in(admin)
    if with_demo:
        lines += ["", "  Sample tickets are arriving by mail, chat and REST. Without them: make up EMPTY=1"]
    print("\n".join([*lines, "", "  Ctrl-C stops everything.", ""]), flush=True)
