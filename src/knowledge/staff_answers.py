"""What of a staff answer is worth keeping: no greeting, no sign-off, nothing that is about one customer. Pure."""

import re

from runtime.redaction import PLACEHOLDER

_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?|"
    r"sehr geehrte[rs]?|moin|bonjour|bonsoir|cher|chère|hola|buenos d[ií]as|buenas tardes|estimad[oa]|ciao|"
    r"buongiorno|gentile|ol[áa]|bom dia|car[oa]|prezad[oa]|beste|geachte|dzień dobry|cześć|szanown[yae]|"
    r"merhaba|sayın)\b[^.?!:;\n]{0,60}[,!.:]?",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"(?:(?:best|kind|warm|many|with) ?(?:kind |best )?(?:regards|wishes|greetings)|regards|cheers|sincerely|"
    r"yours (?:sincerely|faithfully|truly)|many thanks|thanks|thank you|all the best|"
    r"(?:mit )?(?:freundlichen|besten|herzlichen|vielen|viele|liebe|beste|freundliche) gr(?:üßen|üße|üssen|üsse)|"
    r"cordialement|bien à vous|(?:un )?(?:saludo|cordial saludo)s?|atentamente|cordiali saluti|distinti saluti|"
    r"atenciosamente|cumprimentos|met vriendelijke groet(?:en)?|pozdrawiam|z poważaniem|saygılarımla)[,!. ]*",
    re.IGNORECASE,
)
# An order's number, or what the redaction took out: such an answer helps nobody else.
_ABOUT_ONE_CASE = re.compile(rf"\b[A-Z]{{1,4}}-?\d{{4,}}\b|{PLACEHOLDER.pattern}")
# What was granted to one customer only must not become a rule for all.
_EXCEPTION = re.compile(
    r"\bexception(?:s|al|ally)?\b|\bone[- ]time\b(?! (?:pass(?:word|code)|code|pin)\b)|"
    r"\b(?:just|only) (?:for you|this once)\b|"
    r"\bwaiv(?:e[ds]?|ing|ers?)\b|\b(?:as|by way of) an? (?:[\w-]+ )?gesture\b|\bgoodwill\b|"
    r"\bausnahmsweise\b|\bkulanz|\bà titre exceptionnel\b|\bgeste commercial\b|\bexcepcional",
    re.IGNORECASE,
)
_NAME_WORDS = 5
_LEAST_CHARACTERS = 20


def essence(answer: str) -> str:
    """The answer without the lines that only greet, sign or name the writer."""
    kept: list[str] = []
    lines = iter(answer.strip().splitlines())
    for line in lines:
        said = line.strip()
        if _GREETING.fullmatch(said):
            continue
        if not _SIGN_OFF.fullmatch(said):
            kept.append(line.rstrip())
            continue
        following = next((other.strip() for other in lines if other.strip()), "")
        if len(following.split()) > _NAME_WORDS:
            kept.append(following)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def teaches(answer: str) -> bool:
    """Whether a redacted answer says something that holds for others too."""
    about_one = _ABOUT_ONE_CASE.search(answer) or _EXCEPTION.search(answer)
    return len(answer) >= _LEAST_CHARACTERS and not about_one
