"""Links and mail addresses in a reply, and whether they are ones that it may hold. Pure."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

# Endings that an address without a scheme is known by; a full stop without a space would look like others.
_ENDINGS = (
    "com|net|org|info|biz|io|co|ai|app|dev|me|tv|cc|eu|us|uk|de|fr|es|it|pt|nl|pl|tr|jp|cn|hk|tw|sa|ae|eg|ru|ua|in|br"
    "|ch|at|be|ly|to|gg|xyz|top|shop|store|online|site|website|club|click|link|live|page|zip|mov|example|test|onion"
)
_LINK = re.compile(
    r"(?:https?|ftp)://[^\s<>\"'\\^`{|}]+"
    r"|(?<![\w.])www\.[^\s<>\"']+"
    r"|(?<![:\w/])//[\w-]+\.[^\s<>\"']+"
    r"|\b(?:javascript|vbscript|data|file|tel|sms):[^\s<>\"']+"
    rf"|(?<![\w@./-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_ENDINGS})(?![\w@-])(?:[:/?#][^\s<>\"']*)?",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\]\(\s{0,4}([^)\s]{1,2000})")
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
# Addresses that are written so that only a reader puts them together.
_DISGUISED = (
    (re.compile(r"\bh(?:xx|\*\*|tt)ps?\s{0,3}[:：]\s{0,3}//", re.IGNORECASE), "http://"),
    (re.compile(r"\s{0,3}[\[({]\s{0,3}(?:\.|dot|punkt|punto|point)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE), "."),
    (re.compile(r"(?<=[\w-])\s{1,3}dot\s{1,3}(?=(?:com|net|org|info|io|ru|xyz)\b)", re.IGNORECASE), "."),
    (re.compile(r"\s{0,3}[\[({]\s{0,3}(?:@|at)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE), "@"),
)
_AFTER = ".,;:!?)]}*_"


def unknown_address(reply: str, held: str, *, allowed: Collection[str]) -> str | None:
    """The first link or mail address of the reply that `held` does not hold; `allowed` are hosts and addresses."""
    # A path of our own site is no address by itself: it is known as a word of the sources.
    known = {*addresses_in(held), *map(_canonical, held.split())}
    return next(
        (one for one in addresses_in(reply) if one not in known and not _is_allowed(one, allowed)), None
    )


def addresses_in(text: str) -> Iterator[str]:
    for pattern, plain in _DISGUISED:
        text = pattern.sub(plain, text)
    for match in _MAIL.finditer(text):
        yield match.group().rstrip(_AFTER).casefold()
    without_mail = _MAIL.sub(" ", text)
    for match in _LINK.finditer(without_mail):
        yield _canonical(match.group())
    for match in _TARGET.finditer(without_mail):
        yield _canonical(match.group(1))


def _canonical(link: str) -> str:
    """Without its scheme and `www.`, so that a source may name it in another way."""
    link = link.rstrip(_AFTER).removesuffix("/")
    link = re.sub(r"\A(?:https?:)?//", "", link, flags=re.IGNORECASE)
    host, slash, rest = link.partition("/")
    return host.casefold().removeprefix("www.") + slash + rest


def _is_allowed(address: str, allowed: Collection[str]) -> bool:
    if address in allowed:
        return True
    host = address.rpartition("@")[2] if "/" not in address else _host_of(address)
    return any(host == one or host.endswith(f".{one}") for one in allowed if "@" not in one)


def _host_of(address: str) -> str:
    try:
        return (urlsplit(f"//{address}").hostname or "").casefold()
    except ValueError:
        return ""
