"""Debian's dovecot as a real IMAP server of one account, on a loopback port of its own."""

import grp
import imaplib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BINARY = Path("/usr/sbin/dovecot")
_STARTS_WITHIN_S = 15.0

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
first_valid_gid = 1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain {mechanism}
{capability}
{tokens}
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    port: int
    tls_port: int
    user: str
    password: str
    folder: Path

    def url(self, *, port: int | None = None, folder: str = "INBOX") -> str:
        """For DESKFLEET_MAIL_IMAP_URL; another port when a proxy stands before the server."""
        return f"imap://{self.user}:{self.password}@127.0.0.1:{port or self.port}/{folder}"

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(self.user, self.password)
            yield client

    def new_folder(self) -> str:
        """An empty folder, for a test that shares the server with others."""
        name = f"Desk-{secrets.token_hex(4)}"
        with self.session() as client:
            assert client.create(name)[0] == "OK"
        return name

    def append(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into the mailbox, as if they had been delivered."""
        with self.session() as client:
            for mail in mails:
                status, answer = client.append(folder, "", "", mail)
                assert status == "OK", answer

    def begin_uids_anew(self, folder: str) -> None:
        """What a restored or rebuilt mailbox looks like: the same mails under a new UIDVALIDITY."""
        with self.session() as client:
            client.select(folder, readonly=True)
            _status, found = client.search(None, "ALL")
            numbers = found[0].decode().split()
            fetched = [client.fetch(number, "(INTERNALDATE BODY.PEEK[])")[1][0] for number in numbers]
            client.close()
            assert client.delete(folder)[0] == "OK"
            assert client.create(folder)[0] == "OK"
            for item in fetched:
                assert isinstance(item, tuple)
                came = imaplib.Internaldate2tuple(item[0])
                assert came is not None
                assert client.append(folder, "", imaplib.Time2Internaldate(came), item[1])[0] == "OK"

    def uid_validity(self, folder: str) -> int:
        with self.session() as client:
            answer = client.status(folder, "(UIDVALIDITY)")[1][0]
            return int(answer.decode().rpartition("UIDVALIDITY ")[2].rstrip(")"))

    def texts(self, folder: str, *, flag: str = "ALL") -> list[str]:
        """The first lines of the mails of a folder, or of those that match a search."""
        with self.session() as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, flag)[1][0].decode().split()
            fetched = [client.fetch(number, "(BODY.PEEK[TEXT])")[1][0] for number in numbers]
        return [item[1].split(b"\r\n")[0].decode() for item in fetched if isinstance(item, tuple)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_dovecot(*, capability: str = "", tls: bool = False, token_info: str = "") -> Iterator[Dovecot]:
    """Start a server and stop it at the end. `capability` replaces what it says it can do (IDLE left out).

    With `token_info` it takes XOAUTH2 too and asks that URL, ended by the token, whose the token is.

    With `tls` it has a certificate that nobody knows, `certificate.pem` in its folder.
    """
    if not _BINARY.exists():
        raise RuntimeError(f"{_BINARY} is missing: install the package dovecot-imapd.")
    # Not below pytest's folders: the account of the mail process must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="deskfleet-dovecot-"))
    try:
        server = Dovecot(free_port(), free_port() if tls else 0, "support", "imap-secret", folder)
        _write_config(server, capability, token_info)
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [_BINARY, "-F", "-c", folder / "dovecot.conf"],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait_until_it_answers(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_config(server: Dovecot, capability: str, token_info: str) -> None:
    root = os.geteuid() == 0
    # Root may not own mail; anybody else can be nobody but himself.
    owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
    for name in ("run", "state", "mail"):
        (server.folder / name).mkdir()
    if root:
        server.folder.chmod(0o755)
        os.chown(server.folder / "mail", owner.pw_uid, owner.pw_gid)
    (server.folder / "dovecot.conf").write_text(
        _CONFIG.format(
            folder=server.folder,
            port=server.port,
            tls_port=server.tls_port,
            ssl="yes" if server.tls_port else "no",
            certificate=_make_certificate(server.folder) if server.tls_port else "",
            password=server.password,
            mechanism="xoauth2" if token_info else "",
            tokens=_take_tokens(server.folder, token_info) if token_info else "",
            capability=f"imap_capability = {capability}" if capability else "",
            internal="dovecot" if root else owner.pw_name,
            login="dovenull" if root else owner.pw_name,
            group="dovecot" if root else grp.getgrgid(owner.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
    )


def _take_tokens(folder: Path, token_info: str) -> str:
    path = folder / "oauth.conf"
    path.write_text(f"tokeninfo_url = {token_info}\nusername_attribute = user\n")
    return f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {path}\n}}"


def _make_certificate(folder: Path) -> str:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return f"ssl_cert = <{folder}/certificate.pem\nssl_key = <{folder}/key.pem"


def _wait_until_it_answers(server: Dovecot, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with server.session():
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
    files = [path for path in (server.folder / "output", server.folder / "log") if path.exists()]
    said = "\n".join(path.read_text()[-1000:] for path in files)
    raise RuntimeError(f"dovecot did not start: {said}")
