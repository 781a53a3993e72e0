"""Mail servers: how their URLs read, how their lines are encrypted, and how we log in. For IMAP and SMTP alike."""

import base64
import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingestion.mail.oauth import TokenSource, read_secret
from runtime.errors import SettingError
from runtime.sealing import unseal


class Encryption(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"  # Without it the line is not used: what stands in between cannot talk us out of it.
    IF_OFFERED = "if offered"


_SCHEMES = {
    "imap": (143, Encryption.IF_OFFERED),
    "imap+starttls": (143, Encryption.STARTTLS),
    "imaps": (993, Encryption.TLS),
    "smtp": (25, Encryption.IF_OFFERED),
    "smtp+starttls": (587, Encryption.STARTTLS),
    "smtps": (465, Encryption.TLS),
}


@dataclass(frozen=True)
class Sealed:
    """A password as it is kept; it opens for the place alone that it was sealed for. Raises Unavailable."""

    text: str = field(repr=False)
    place: str

    def open(self) -> str:
        return unseal(base64.b64decode(self.text), place=self.place)


@dataclass(frozen=True)
class Login:
    """Who logs in, and by which one of the four."""

    user: str
    password: str = field(default="", repr=False)
    password_file: Path | None = None
    token: TokenSource | None = None
    sealed: Sealed | None = None

    def read_password(self) -> str:
        """Read each time, so that a new one in the file is used without a restart. Raises Unavailable."""
        if self.sealed:
            return self.sealed.open()
        return read_secret(self.password_file) if self.password_file else self.password


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    encryption: Encryption
    login: Login | None = None
    ca_file: Path | None = None
    public_only: bool = False  # Somebody chose it on a page: it must not lead to what is inside.

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext:
        """Certificate and host name are checked, by the CA file alone where there is one."""
        return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)


@dataclass(frozen=True)
class Address:
    """What a URL says: the server, still without its login, and what stands beside it."""

    server: Server
    user: str
    password: str = field(repr=False)
    path: str


def read_url(url: str, *, kind: str, where: str) -> Address:
    """`imaps://user:password@host:993/path` and the like, percent-encoded; `kind` is imap or smtp.

    Raises SettingError that begins with `where`, which says what is wrong.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingError(f"{where} is wrong: this is no URL.") from None
    if parts.scheme.partition("+")[0].removesuffix("s") != kind or parts.scheme not in _SCHEMES:
        raise SettingError(f"{where} is wrong: no such scheme, use {_schemes(kind)}.")
    port, encryption = _SCHEMES[parts.scheme]
    try:
        port = parts.port or port
    except ValueError:
        raise SettingError(f"{where} is wrong: no such port.") from None
    if not parts.hostname:
        raise SettingError(f"{where} is wrong: it names no host.")
    if encryption is Encryption.IF_OFFERED and parts.username and not is_this_machine(parts.hostname):
        # A password that leaves this machine is never sent in the clear.
        encryption = Encryption.STARTTLS
    return Address(
        Server(parts.hostname, port, encryption),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        path=unquote(parts.path.strip("/")),
    )


def _schemes(kind: str) -> str:
    return ", ".join(f"{scheme}://" for scheme in _SCHEMES if scheme.startswith(kind))


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_ca_file(path: Path, *, where: str) -> None:
    """Raises SettingError that begins with `where` unless the file holds certificates."""
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # What is no certificate is an SSLError, one of these.
        raise SettingError(
            f"{where} is wrong: {path} holds no certificates ({type(error).__name__})."
        ) from None
