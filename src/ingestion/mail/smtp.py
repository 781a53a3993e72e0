"""Hands one mail to the SMTP server and says for certain what became of it, or that nobody can know."""

import logging
import re
import smtplib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage

from ingestion.mail import oauth, servers
from ingestion.mail.dialling import Smtp
from ingestion.mail.servers import Encryption, Login, Server
from runtime.errors import FateUnknown, Permanent, Retryable, Unavailable
from runtime.settings import settings

log = logging.getLogger(__name__)

_START_OF_DOT = re.compile(rb"^\.", re.MULTILINE)
_SETTING = "The setting DESKFLEET_MAIL_SMTP_URL"


def read_url(url: str) -> Server:
    """The setting's server. Raises SettingError naming the setting."""
    found = servers.read_url(url, kind="smtp", where=_SETTING)
    return replace(found.server, login=Login(found.user, found.password) if found.user else None)


def hand_over(
    mail: EmailMessage, *, server: Server, sender: str, to: str, copies: Sequence[str] = ()
) -> None:
    """Send one mail; all addresses are ASCII. Copies that the server refuses are left out.

    Raises Retryable when the server has certainly not taken it, Permanent when it refused for good, FateUnknown
    when the line broke after the mail and before the answer.
    """
    started = time.monotonic()
    with _session(server, ehlo_name=sender.rpartition("@")[2]) as session:
        try:
            _announce(session, sender, to, copies)
            if time.monotonic() - started > settings().ingestion.send_limit_s / 2:
                raise Retryable(f"The mail server {server} is too slow.")
            # Without the closing dot a server must not take a mail: until here nothing can be doubled.
            session.send(_content(mail))
        except OSError as error:
            raise Retryable(f"The line to the mail server {server} broke ({_words(error)}).") from error
        try:
            session.send(b".\r\n")
            _judge(*session.getreply(), expected=250)
        except OSError as error:
            raise FateUnknown(f"The mail server {server} did not say whether it took the mail.") from error


@contextmanager
def _session(server: Server, *, ehlo_name: str) -> Iterator[smtplib.SMTP]:
    """A session ready for a mail. That it cannot be had is never the mail's fault, whatever the code."""
    session: smtplib.SMTP | None = None
    try:
        session = _connect(server, ehlo_name)
        session.ehlo_or_helo_if_needed()
        _encrypt(session, server)
        if server.login:
            _log_in(session, server.login)
    except (OSError, UnicodeError, Unavailable) as error:
        if session is not None:
            session.close()
        raise Retryable(f"The mail server {server} cannot be used ({_words(error)}).") from error
    try:
        yield session
        with suppress(OSError):
            session.quit()
    finally:
        session.close()


def _connect(server: Server, ehlo_name: str) -> smtplib.SMTP:
    return Smtp(server, local_hostname=ehlo_name, timeout_s=settings().ingestion.timeout_s)


def _encrypt(session: smtplib.SMTP, server: Server) -> None:
    # Without a login nothing is to be kept secret, and relays next door have certificates that nobody signed.
    wanted = server.login and server.encryption is Encryption.IF_OFFERED and session.has_extn("starttls")
    if server.encryption is Encryption.STARTTLS or wanted:
        session.starttls(context=server.tls_context())
        session.ehlo()


def _log_in(session: smtplib.SMTP, login: Login) -> None:
    if login.token is None:
        session.login(login.user, login.read_password())
        return
    first = f"user={login.user}\x01auth=Bearer {oauth.access_token(login.token)}\x01\x01"
    try:
        # A server that refuses says why, and wants an empty line before its code.
        session.auth("XOAUTH2", lambda said=None: first if said is None else "")
    except smtplib.SMTPAuthenticationError:
        oauth.forget(login.token)
        raise


def probe(server: Server, *, ehlo_name: str) -> None:
    """Connect and log in, and send nothing. Raises Retryable."""
    with _session(server, ehlo_name=ehlo_name):
        pass


def _announce(session: smtplib.SMTP, sender: str, to: str, copies: Sequence[str]) -> None:
    """MAIL, RCPT and DATA; what follows is the mail itself."""
    _judge(*session.mail(sender), expected=250)
    _judge(*session.rcpt(to), expected=250)
    for copy in copies:
        code, _reply = session.rcpt(copy)
        if code not in (250, 251):
            log.warning("a copy is left out: the mail server answered %s", code)
    _judge(*session.docmd("DATA"), expected=354)


def _content(mail: EmailMessage) -> bytes:
    """The mail with CRLF and doubled dots, without the line that ends it."""
    content = mail.as_bytes()
    content = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _START_OF_DOT.sub(b"..", content)


def _judge(code: int, reply: bytes, *, expected: int) -> None:
    if code == expected or (expected == 250 and code == 251):
        return
    said = f"The mail server answered {code} {reply.decode('utf-8', 'replace')[:200]}".replace("\n", " ")
    if 500 <= code < 600:
        raise Permanent(said)
    if 400 <= code < 500:
        raise Retryable(said)
    raise smtplib.SMTPServerDisconnected(said)


def _words(error: Exception) -> str:
    """What a person needs of an error: the server's answer, or the kind of failure."""
    if isinstance(error, Unavailable):
        return error.detail
    if not isinstance(error, smtplib.SMTPResponseException):
        return type(error).__name__
    reply = error.smtp_error
    said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{error.smtp_code} {said}"[:200]
