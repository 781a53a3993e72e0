"""A real SMTP server on loopback that keeps what it gets, and refuses or hangs up as a test tells it to."""

import base64
import gc
import warnings
from asyncio import WriteTransport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.dovecot import free_port

OK = "250 OK"


@dataclass
class SmtpServer:
    """`recipient` and `data` are the answers still to be given, in turn; afterwards everything is taken."""

    port: int
    recipient: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    drop_after_data: bool = False
    taken: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.taken]

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.recipient.pop(0) if self.recipient else OK
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # same
        answer = self.data.pop(0) if self.data else OK
        if answer == OK:
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            self.recipients.append([str(one) for one in envelope.rcpt_tos])
        if self.drop_after_data:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return answer

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=given.password == b"p@ss/word", handled=False)


class _ByToken(SmtpServer):
    """Takes access tokens instead of passwords."""

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802  # the mechanism
        user, token, *_rest = base64.b64decode(arguments[1]).decode().split("\x01")
        self.logins.append((user.removeprefix("user="), token.removeprefix("auth=Bearer ")))
        if self.logins[-1][1] in self.tokens:
            return AuthResult(success=True)
        # As the great providers do: the reason first, and the code after an empty answer.
        assert not await server.challenge_auth(b'{"status": "400"}', encode_to_b64=True)
        return AuthResult(success=False, handled=False)


@contextmanager
def running_smtp(*, with_login: bool = False, tokens: set[str] | None = None) -> Iterator[SmtpServer]:
    """Start a server and stop it at the end. With `tokens` it takes these, whatever is put in later, by XOAUTH2."""
    handler = SmtpServer(free_port()) if tokens is None else _ByToken(free_port(), tokens=tokens)
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=handler.port,
        authenticator=handler.authenticate if with_login else None,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
        # Clients that were killed leave connections that the stopped loop does not close any more.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
