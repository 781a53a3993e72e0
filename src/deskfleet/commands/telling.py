"""Tells the audit log of commands that changed something or showed personal data."""

import getpass
import socket

from accounts import audit
from runtime.database import transaction


def tell(command: str) -> None:
    """Who ran it on which machine; its arguments may be personal and are left out."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # A container's user may have no name.
        user = "unknown"
    with transaction() as session:
        audit.record(
            session,
            audit.Action.RUN_COMMAND,
            actor=audit.COMMAND,
            target=command,
            data={"user": user, "host": socket.gethostname()},
        )
