"""The words of mail servers that could not deliver a mail, and what they mean. Read by `bounce_prose`."""

import re

# Of a subject: no person writes these, but for answers and forwards.
_SUBJECTS = (
    r"\bundeliver(?:able|ed)\b",
    r"\breturned (?:e-?)?mail\b",
    r"\brejected (?:mail|message)\b",
    r"\bmail (?:delivery|system|server) (?:fail|error|problem|report)",
    r"\bmail(?:er)? (?:failure|failed|returned|could not be delivered)",
    r"\bmessage (?:delivery|status|could not be delivered)",
    r"\bmessage you sent blocked",
    r"\bdelivery (?:status )?(?:notification|report|fail|error|problem|delayed|incomplete|reject|status)",
    r"\bdelivery has failed",
    r"\bdelivery to .{1,100} (?:failed|delayed)",
    r"\bnon[- ]?deliver",
    r"\bfail(?:ure|ed) (?:notice|delivery|to deliver)",
    r"\bcould not send (?:message|mail)",
    r"\berror sending your mail",
    r"\b(?:warning|postmaster notify|permanent delivery failure)\b",
    r"\bunzustellbar|\bnicht zustellbar|\bzustellung fehlgeschlagen",
    r"\bnon remis|\bnotification d['’ ]état|\bne peut être (?:remis|distribu)",
    r"\b[ée]chec de (?:la )?(?:remise|distribution)",
    r"\bno se puede entregar|\bno entregado|\bno se ha podido entregar",
    r"\bnon recapitabil|\bmancato recapito|\bmancata consegna",
    r"\bn[ãa]o (?:entregue|pode ser entregue)|\bfalha na entrega",
    r"\bonbestelbaar|\bniet bezorgd",
    r"\bniedostarczon|\bnie dostarczono",
    r"\biletilemedi|\bteslim edilemedi",
    r"\bне доставлено|\bнедоставлен|\bkan inte levereras|\bkunne ikke leveres|\bnedoručiteln",
    r"エラー通知|配信(?:不能|エラー|失敗)|配送(?:不能|失敗)|送信エラー|返送",
    r"退信|无法(?:投递|送达)|無法(?:投遞|傳遞)|تعذر التسليم|배달 ?실패",
)
# Of a text: that a mail did not arrive.
_SENTENCES = (
    r"(?:could|can|was|were|has|have)(?: ?not|n't)(?: be| been)? (?:successfully )?(?:deliver|sent\b|relayed)",
    r"not (?:be )?accepted for delivery",
    r"\bcannot be (?:sent|delivered)",
    r"unable to (?:deliver|relay|send)",
    r"delivery (?:to .{1,150} )?(?:has )?(?:failed|failure|error)",
    r"permanent (?:fatal )?error|fatal errors?\b",
    r"undeliverable|undelivered|returned to (?:the )?sender|returned mail",
    r"user (?:is )?unknown|unknown user|no such (?:user|mailbox|recipient|account|person)",
    r"(?:invalid|unknown) (?:user |recipient |e-?mail )?address|invalid recipient",
    r"recipient(?: address)? (?:rejected|unknown|not found)",
    r"mailbox (?:is )?(?:full|unavailable|not found|does not exist|exceeded)",
    r"quota exceeded|over quota|host unknown|domain not found|not listed in|does not exist",
    r"transcript of session|retry time(?:out)?|giving up on it",
    r"(?:has been|was) (?:rejected|blocked|bounced)|refused (?:to|by)|message (?:size )?exceeds",
    r"failed (?:recipient|permanently|to deliver)|not accepting",
    r"konnte nicht zugestellt|n'a (?:pas )?pu être|no se ha podido entregar|não pôde ser entregue",
    r"impossibile recapitare|не (?:может быть|было) доставлено",
    r"送信できませんでした|配信できませんでした|お届けできません|見つかりません|無法投遞|无法送达|退回",
)
_STILL_TRYING = (
    r"warning message only",
    r"(?:do )?not need to re-?send",
    r"will (?:keep trying|be retried|continue (?:to try|trying))",
    r"still being retried",
    r"delivery (?:is |was |has been )?(?:temporarily )?delayed|\(delay\)|delayed mail",
)
# Codes of RFC 3463.
_MEANINGS = {
    "5.2.2": (
        r"quota|mailbox (?:is |size )?(?:full|exceed)|disk full|exceeded .{0,30}(?:storage|space)|一杯",
    ),
    "5.1.1": (
        r"user (?:is )?unknown|unknown (?:user|recipient|account|address)|no such (?:user|mailbox|recipient|person)",
        r"invalid (?:user|recipient|mailbox|address)|not listed in|does not exist|doesn't have|not found",
        r"mailbox unavailable|no mailbox|address rejected|見つかりません",
    ),
    "5.1.2": (
        r"host unknown|unknown host|domain not found|no such (?:host|domain)|name service error|no mx",
    ),
    "5.3.4": (r"too (?:large|big)|size exceed|exceeds .{0,40}size|size limit",),
    "5.4.6": (r"too many hops|hop count|mail loop|looping",),
    "5.7.1": (r"spam|blocked|black ?list|blocklist|policy|denied|not (?:a )?member|virus",),
    "4.4.7": (r"delayed|still trying|timed? ?out|expired|retry|temporar",),
}


def _any(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


SUBJECT = _any(_SUBJECTS)
SAYS_SO = _any(_SENTENCES)
STILL_TRIES = _any(_STILL_TRYING)
MEANINGS = {code: _any(phrases) for code, phrases in _MEANINGS.items()}
