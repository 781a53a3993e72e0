"""The links by which a visitor opens the files of their conversation: signed, for some days, good for one file."""

from runtime import signing
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.errors import NotFound
from tickets import attachments
from tickets.attachments import Listed

_PURPOSE = "chat-file"
_VALID_S = 7 * 24 * 3600


def link_to(public_id: str) -> str:
    """What stands for the file in an address; a page gets a new one whenever it reads its messages."""
    return signing.sign(secret_key(), _PURPOSE, {"file": public_id}, valid_s=_VALID_S)


def find_file(link: str) -> Listed:
    """Raises NotFound when the link is forged or stale, or its file is gone."""
    payload = signing.verify(secret_key(), _PURPOSE, link)
    if payload is None:
        raise NotFound("There is no such file, or its link is too old: open the chat again.")
    with transaction() as session:
        return attachments.find(session, str(payload["file"]))
