"""Mails the link by which one of the staff chooses a new password."""

import logging
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from accounts import passwords
from ingestion.mail import boxes, smtp
from ingestion.mail.box import Box
from ingestion.mail.compose import plain_address
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.jobs import job
from tickets.public_ids import new_mail_id

log = logging.getLogger(__name__)


@job(queue="ingestion")
def mail_password_link(user_id: int) -> None:
    """The link is made here, so that no broker holds it. What is lost is asked for again by its owner."""
    box = next((one for one in boxes.all_boxes() if one.smtp), None)
    if box is None or box.smtp is None:
        return
    with transaction() as session:
        made = passwords.link_to_mail(session, user_id)
    if made is None:
        return
    email, link = made
    try:
        to = plain_address(email)
        smtp.hand_over(
            _mail(box, to=to, link=link), server=box.smtp, sender=plain_address(box.address), to=to
        )
    except (Retryable, Permanent, FateUnknown) as error:
        log.warning("a link for a password was not mailed: %s", type(error).__name__)


def _mail(box: Box, *, to: str, link: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    sender = plain_address(box.address)
    mail["From"] = Address(box.sender_name, addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = "A new password for your desk"
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = f"<{new_mail_id(sender.rpartition('@')[2])}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        "Somebody, hopefully you, asked for a new password of your account at the desk. Choose it here, within the "
        f"hour:\n\n{link}\n\nThe link serves once. If it was not you, do nothing: your password stays as it is.\n"
    )
    return mail
