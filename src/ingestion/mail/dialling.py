"""The lines to mail servers; what was chosen on a page is reached at public addresses alone.

A host is resolved once, all its addresses are checked, and the connection goes to one of those: a name that changes
meanwhile leads nowhere else.
"""

import imaplib
import smtplib
import socket
import ssl
from ipaddress import ip_address

from imap_tools.mailbox import BaseMailBox

from ingestion.mail.servers import Encryption, Server
from runtime.addresses import is_public
from runtime.errors import Unavailable
from runtime.settings import settings

_MOST_ADDRESSES = 3


class Mailbox(BaseMailBox):
    """An IMAP session over a line of ours."""

    def __init__(self, server: Server, *, timeout_s: float) -> None:
        self._server, self._timeout_s = server, timeout_s
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return _Imap(self._server, self._timeout_s)


class _Imap(imaplib.IMAP4):
    def __init__(self, server: Server, timeout_s: float) -> None:
        self._server = server
        super().__init__(server.host, server.port, timeout_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return _line(self._server, timeout)


class Smtp(smtplib.SMTP):
    """An SMTP session over a line of ours."""

    def __init__(self, server: Server, *, local_hostname: str, timeout_s: float) -> None:
        self._server = server
        super().__init__(server.host, server.port, local_hostname=local_hostname, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float | None) -> socket.socket:  # noqa: ARG002  # of the class
        return _line(self._server, timeout)


def _line(server: Server, timeout_s: float | None) -> socket.socket:
    """Raises OSError, or Unavailable for a host that must not be reached."""
    line = _dial(server, timeout_s)
    if server.encryption is not Encryption.TLS:
        return line
    try:
        return server.tls_context().wrap_socket(line, server_hostname=server.host)
    except (OSError, ssl.CertificateError):
        line.close()
        raise


def _dial(server: Server, timeout_s: float | None) -> socket.socket:
    if not server.public_only or server.host.casefold() in _hosts_inside():
        return socket.create_connection((server.host, server.port), timeout_s)
    addresses = _public_addresses(server)
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, server.port), timeout_s)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], server.port), timeout_s)


def _public_addresses(server: Server) -> list[str]:
    found = [str(one[4][0]) for one in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)]
    if not found or not all(is_public(ip_address(one)) for one in found):
        raise Unavailable(
            f"{server.host} is not a public host: whoever runs the desk can allow it by DESKFLEET_MAIL_HOSTS_INSIDE."
        )
    return found[:_MOST_ADDRESSES]


def _hosts_inside() -> frozenset[str]:
    return frozenset(one.strip().casefold() for one in settings().ingestion.hosts_inside.split(","))
