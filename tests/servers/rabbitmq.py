"""A virtual host of RabbitMQ for each desk of the tests: nobody takes another's jobs, whoever runs beside them."""

import atexit
import hashlib
import os
import shutil
import subprocess
from functools import lru_cache
from urllib.parse import urlsplit

_PROGRAM = shutil.which("rabbitmqctl", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/lib/rabbitmq/bin")
_SHARED = "/%2F"


def of_its_own(url: str, desk: str) -> str:
    """The broker's URL with a virtual host of this desk, which goes with this run.

    `desk` is what its processes share, such as their database. A broker that was chosen by its address, or that nobody
    here may administer, is used as it is.
    """
    if _PROGRAM is None or not url.endswith(_SHARED) or os.environ.get("DESKFLEET_TEST_BROKER_URL"):
        return url
    name = f"test_{os.getpid()}_{hashlib.sha256(desk.encode()).hexdigest()[:8]}"
    return f"{url.removesuffix(_SHARED)}/{name}" if _made(name, urlsplit(url).username or "guest") else url


@lru_cache
def _made(name: str, user: str) -> bool:
    # Who has made it takes it away, and not a process that was forked off.
    if not _ask("add_vhost", name):
        return False
    atexit.register(_remove, name, os.getpid())
    return _ask("set_permissions", "-p", name, user, ".*", ".*", ".*")


def _remove(name: str, maker: int) -> None:
    if os.getpid() == maker:
        _ask("delete_vhost", name)


def _ask(*command: str) -> bool:
    done = subprocess.run([str(_PROGRAM), "--quiet", *command], capture_output=True, check=False, timeout=120)
    return done.returncode == 0
