"""Starts what the tests need and is not answering yet: Redis, RabbitMQ, dovecot, Chromium.

A running service is used; else the installed program is started; else it is installed with apt (as root); else a
server runs in a container, when a Docker engine answers.
Each server can be pointed elsewhere: DESKFLEET_TEST_REDIS_URL, DESKFLEET_TEST_BROKER_URL.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

_PATH = os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/lib/rabbitmq/bin"
_WAIT_S = 60.0


@dataclass(frozen=True)
class Server:
    """A server that must answer on `url`; `command` starts it in the background."""

    name: str
    variable: str
    default: str
    package: str
    program: str
    command: tuple[str, ...]
    image: str
    port: int

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default


@dataclass(frozen=True)
class Tool:
    """A program that tests start themselves."""

    program: str
    package: str


SERVERS = (
    Server(
        "Redis", "DESKFLEET_TEST_REDIS_URL", "redis://127.0.0.1:6379/15", "redis-server", "redis-server",
        ("redis-server", "--daemonize", "yes", "--bind", "127.0.0.1", "--port", "6379", "--save", ""),
        "redis:7", 6379,
    ),
    Server(
        "RabbitMQ", "DESKFLEET_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/%2F", "rabbitmq-server",
        "rabbitmq-server", ("rabbitmq-server", "-detached"), "rabbitmq:3.13", 5672,
    ),
)  # fmt: skip
TOOLS = (Tool("dovecot", "dovecot-imapd"), Tool("chromium", "chromium"), Tool("wrk", "wrk"))


class Missing(Exception):
    """A needed part cannot be had; its text is the one sentence that says so."""


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


def installed(program: str) -> bool:
    return shutil.which(program, path=_PATH) is not None


def install(package: str) -> None:
    """With apt, as root. Raises Missing."""
    if os.geteuid() != 0 or not installed("apt-get"):
        raise Missing(
            f"{package} is needed and not installed: install it, or run the tests as root on Debian."
        )
    print(f"Installing {package} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": _PATH}
    # A package must not start a server of its own on a machine that runs tests.
    refuse_start = "/usr/sbin/policy-rc.d"
    made = not os.path.exists(refuse_start)
    if made:
        with open(refuse_start, "w") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(refuse_start, 0o755)  # noqa: S103  # apt runs it
    try:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
        ):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing(
                    f"{package} is needed and apt could not install it: {done.stderr.strip()[-300:]}"
                )
    finally:
        if made:
            os.unlink(refuse_start)


def command_for(server: Server) -> tuple[str, ...]:
    """What starts it: the program, installed when need be, or a container. Raises Missing."""
    if installed(server.program):
        return server.command
    try:
        install(server.package)
    except Missing:
        if not docker_answers():
            raise
        address = f"127.0.0.1:{server.port}:{server.port}"
        return ("docker", "run", "-d", "--rm", "-p", address, server.image)
    return server.command


def docker_answers() -> bool:
    if not installed("docker"):
        return False
    environment = {**os.environ, "PATH": _PATH}
    return (
        subprocess.run(["docker", "info"], env=environment, capture_output=True, check=False).returncode == 0
    )


def start(server: Server) -> None:
    if answers(server.url):
        return
    if os.environ.get(server.variable):
        raise Missing(f"{server.name} does not answer at the address in {server.variable}.")
    command = command_for(server)
    print(f"Starting {server.name} ...", flush=True)
    subprocess.run(
        command, env={**os.environ, "PATH": _PATH}, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(server, lambda: answers(server.url))


def wait_for(server: Server, up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not up():
        if time.monotonic() > deadline:
            raise Missing(
                f"{server.name} was started and does not answer at {server.default} after {_WAIT_S:.0f} s."
            )
        time.sleep(0.25)


def main() -> int:
    try:
        for tool in TOOLS:
            if not installed(tool.program):
                install(tool.package)
        for server in SERVERS:
            start(server)
    except Missing as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
