"""An SMTP server in a process of its own, for tests that keep their own process busy: one file for each mail."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.dovecot import free_port
from tests.servers.smtp import OK

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class PostOffice:
    """What has been taken lies in `folder`."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def taken(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.taken]


@contextmanager
def running_post_office(folder: Path) -> Iterator[PostOffice]:
    """Start the process and end it afterwards."""
    folder.mkdir()
    office = PostOffice(free_port(), folder)
    command = [sys.executable, "-m", "tests.servers.smtp_process", str(office.port), str(folder)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while not (folder / "ready").exists():
            assert process.poll() is None, "the SMTP server has ended"
            assert time.monotonic() < deadline, "the SMTP server does not start"
            time.sleep(0.05)
        yield office
    finally:
        process.kill()
        process.wait()


class _Keeper:
    """A mail is on disk under its name before the sender hears of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        name = uuid.uuid4().hex
        partial = self._folder / f".{name}"
        partial.write_bytes(envelope.content)
        partial.rename(self._folder / f"{name}.eml")
        return OK


async def _serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Keeper(folder)), "127.0.0.1", port)
    (folder / "ready").write_text(str(os.getpid()))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
