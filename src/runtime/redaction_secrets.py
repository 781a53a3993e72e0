"""Keys, tokens and passwords: by the prefix of their issuer, or by the word that stands before them."""

import re
from collections.abc import Iterator

from runtime.redaction_kinds import AFTER, BEFORE, Finding, Kind, words

_ISSUED = re.compile(
    rf"{BEFORE}(?P<value>"
    r"(?=[^\s\d]{0,60}\d)(?:(?:sk|pk|rk|dfk|hf|npm|whsec)[-_]|gh[pousr]_|github_pat_|glpat-|shpat_|xox[abprs]-)[-\w]{16,}"
    r"|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[-\w]{30,}|SG\.[-\w]{16,}\.[-\w]{16,}|pypi-[-\w]{16,}"
    r"|eyJ[-\w]{8,}\.[-\w]{8,}(?:\.[-\w]*)?"
    r")",
    re.ASCII,
)
_PRIVATE_KEY = re.compile(
    r"(?P<value>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,10000}(?:-----END [A-Z ]{0,30}-----)?)"
)
_BEARER = re.compile(r"\b(?:Bearer|Basic)\s+(?P<value>[\w.~+/-]{16,}={0,2})", re.ASCII)
_IN_URL = re.compile(r"\b[a-z][a-z+]{1,15}://[^\s:@/]{1,64}:(?P<value>[^\s:@/]{1,128})@", re.IGNORECASE)

_PASSWORD = words(
    """
    password|passwort|kennwort|passphrase|passcode|passwd|pwd|mot de passe|contraseña|contrasena|clave de acceso
    senha|palavra-passe|wachtwoord|hasło|haslo|şifre|şifrem|sifre|sifrem|parola|parolam|password mia
    api[ _-]?key|api[ _-]?secret|secret[ _-]?key|access[ _-]?key|access[ _-]?token|auth[ _-]?token|client[ _-]?secret
    private[ _-]?key|token|secret|login code|verification code|security code|one-time code|otp
    """
)
_IS = "is|was|ist|lautet|war|est|es|era|è|é|to|is nu|jest|şu|olarak"
_UNSPACED = re.compile(
    r"(?:パスワード|暗証番号|密码|密碼|口令|비밀번호|كلمة\s+(?:المرور|السر)|الرقم\s+السري)"
    r"\s*(?:は|是|为|：|:|=|هي|هو)\s*[:：]?\s*[「“\"']?(?P<value>[!-~]{4,64})"
)
_NAMED = re.compile(
    rf"(?<![^\W\d_])(?:{_PASSWORD})(?![^\W\d_])[^\S\n]{{0,4}}"
    rf"(?:(?P<sign>[:=＝：])\s{{0,4}}|(?:{_IS})[^\S\n]{{1,4}}[:：]?[^\S\n]{{0,4}})(?P<quote>[\"'“«„`]?)(?P<value>\S{{4,200}})",
    re.IGNORECASE,
)
_PIN = re.compile(
    rf"{BEFORE}(?:cvv2?|cvc2?|csc|pin)(?:[ -]?(?:code|number|nummer))?"
    rf"[^\S\n]{{0,3}}(?:is|ist|est|es|:|=)?[^\S\n]{{0,3}}(?P<value>\d{{3,8}}){AFTER}",
    re.IGNORECASE,
)
_END = ".,;:!?)]}»”\"'`"
_LONG_WORD = 16


# What the patterns above need; looking for a word costs a hundredth of a pattern that starts with one of fifty.
_MARKS = (
    *(
        "sk-",
        "sk_",
        "pk-",
        "pk_",
        "rk-",
        "rk_",
        "dfk_",
        "hf_",
        "npm_",
        "whsec_",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
    ),
    *("github_pat_", "glpat-", "shpat_", "xox", "AKIA", "ASIA", "AIza", "SG.", "pypi-", "eyJ"),
)
_STEMS = (
    *(
        "pass",
        "pwd",
        "kennwort",
        "contrase",
        "clave",
        "senha",
        "palavra",
        "wachtwoord",
        "hasł",
        "haslo",
        "şifre",
        "sifre",
    ),
    *("parola", "api", "key", "token", "secret", "code", "otp"),
)
_PINS = ("cvv", "cvc", "csc", "pin")
_UNSPACED_STEMS = ("パスワード", "暗証", "密码", "密碼", "口令", "비밀", "كلمة", "الرقم")


def secrets(text: str) -> Iterator[Finding]:
    """What opens something. A word after "password is" counts when no sentence would go on with it."""
    for pattern in _worth_trying(text):
        for match in pattern.finditer(text):
            yield Finding(Kind.SECRET, *match.span("value"))
    if _holds(text.lower(), _STEMS):
        yield from _named(text)


def _worth_trying(text: str) -> Iterator[re.Pattern[str]]:
    lowered = text.lower()
    if _holds(text, _MARKS):
        yield _ISSUED
    if "-----BEGIN" in text:
        yield _PRIVATE_KEY
    if "bearer" in lowered or "basic" in lowered:
        yield _BEARER
    if "://" in text and "@" in text:
        yield _IN_URL
    if _holds(lowered, _PINS):
        yield _PIN
    if not text.isascii() and _holds(text, _UNSPACED_STEMS):
        yield _UNSPACED


def _holds(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def _named(text: str) -> Iterator[Finding]:
    for match in _NAMED.finditer(text):
        value = match["value"]
        if match["quote"] or match["sign"] or _looks_secret(value.rstrip(_END)):
            start, end = match.span("value")
            kept = value if len(value.rstrip(_END)) < 4 else value.rstrip(")]},;»”\"'`")
            kept = kept[:-1] if kept[-1:] in ".," and len(kept) > 4 else kept
            yield Finding(Kind.SECRET, start, start + len(kept) if kept else end)


def _looks_secret(value: str) -> bool:
    """Has what a word has not: a digit, a symbol, capitals inside; or is longer than words are."""
    inner = value[1:]
    return (
        any(not character.isalpha() and character not in "'’-" for character in value)
        or (inner != inner.lower() and inner != inner.upper())
        or len(value) >= _LONG_WORD
    )
