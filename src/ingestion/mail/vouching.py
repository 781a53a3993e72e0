"""Whether a mail's From may be believed: what may be said to its writer depends on it."""

import re

from ingestion.mail.addresses import addresses
from ingestion.mail.fields import Fields
from ingestion.mail.headers import raw_values
from runtime.settings import settings

_PASSED = re.compile(r"(?:^|;)\s*dmarc\s*=\s*pass\b", re.IGNORECASE)


def is_vouched_for(fields: Fields) -> bool:
    """Whether From may be believed as far as this desk can tell.

    One address, and no word against it by our own receiving server (`DESKFLEET_MAIL_AUTHSERV_ID`), whose results
    stand above those that came with the mail (RFC 8601).
    """
    if len(addresses(raw_values(fields, "From"))) > 1:
        return False
    trusted = settings().ingestion.authserv_id.casefold()
    if not trusted:
        return True
    for stated in raw_values(fields, "Authentication-Results"):
        server, _, results = stated.partition(";")
        if server.casefold().split()[:1] == [trusted]:
            return bool(_PASSED.search(results))
    return False
