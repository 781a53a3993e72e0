"""A real PgBouncer with the configuration that a cluster gives it: its file, and the secrets out of their templates."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url

from scripts.checks.kubernetes import render
from scripts.checks.tools import program
from tests.journeys.fleet import ROOT, eventually, free_port

_FIELD = re.compile(r"\{\{ \.(\w+)(?: \| (urlquery))? \}\}")
# Whoever is root must not run it: any user without rights will do.
_USER = "nobody"


@dataclass
class Pooler:
    """`url` is what a process of the desk is given."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


def _filled(template: str, values: dict[str, str]) -> str:
    """As External Secrets fills it in."""

    def fill(found: "re.Match[str]") -> str:
        value = values[found[1]]
        return quote(value, safe="") if found[2] else value

    return _FIELD.sub(fill, template)


def _of(manifests: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    return next(one for one in manifests if one["kind"] == kind and one["metadata"]["name"].startswith(name))


def _certificate(folder: Path) -> tuple[str, str]:
    key, certificate = folder / "made.key", folder / "made.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
         "2", "-subj", "/CN=pgbouncer", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key.read_text(), certificate.read_text()


def _write(folder: Path, database_url: str, port: int, **changed: str) -> str:
    """The files that a pod finds in its folder; the URL that the desk's processes get."""
    manifests = render(ROOT, "production")
    there = make_url(database_url)
    key, certificate = _certificate(folder)
    values = {
        "host": str(there.host), "port": str(there.port), "dbname": str(there.database),
        "username": str(there.username), "password": str(there.password),
        "database_ca": certificate, "pgbouncer_certificate": certificate, "pgbouncer_key": key,
    }  # fmt: skip
    secret = _of(manifests, "ExternalSecret", "pgbouncer")["spec"]["target"]["template"]["data"]
    for name, template in secret.items():
        (folder / name).write_text(_filled(template, values))
    said = _of(manifests, "ConfigMap", "pgbouncer")["data"]["pgbouncer.ini"]
    said = said.replace("/etc/pgbouncer", str(folder))
    # The embedded PostgreSQL of the tests speaks no TLS.
    changed |= {
        "listen_port": str(port), "server_tls_sslmode": "disable", "stats_users": str(there.username),
    }  # fmt: skip
    for setting, value in changed.items():
        said, count = re.subn(rf"^{setting} = .*$", f"{setting} = {value}", said, flags=re.MULTILINE)
        assert count == 1, f"pgbouncer.ini says nothing of {setting}"
    (folder / "pgbouncer.ini").write_text(said)
    url = _of(manifests, "ExternalSecret", "database")["spec"]["target"]["template"]["data"]
    return _filled(url["DESKFLEET_DATABASE_URL"], values).replace("@pgbouncer:6432/", f"@127.0.0.1:{port}/")


@contextmanager
def running_pgbouncer(database_url: str, **changed: str) -> Iterator[Pooler]:
    """Before the server of a URL with host and port; `changed` are settings of its file."""
    folder, port = Path(tempfile.mkdtemp(prefix="pgbouncer-")), free_port()
    url = _write(folder, database_url, port, **changed)
    as_user = _USER if os.geteuid() == 0 else None
    if as_user:
        owner = pwd.getpwnam(as_user)
        for one in (folder, *folder.iterdir()):
            os.chown(one, owner.pw_uid, owner.pw_gid)
    log = folder / "pgbouncer.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program("pgbouncer"), str(folder / "pgbouncer.ini")], stdout=out, stderr=out, user=as_user
        )
    try:
        eventually(lambda: _answers(url, process, log), what="PgBouncer does not answer")
        yield Pooler(url, process, log)
    finally:
        process.kill()
        process.wait(timeout=20)
        shutil.rmtree(folder)


def _answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
