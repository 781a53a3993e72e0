"""A stranger's text that cannot close the fence around it in a prompt. Used by `prompts` and `guard`."""

import re
from functools import lru_cache

from agent_core import prompt_text

# Brackets that are drawn like those of a tag, and the entities that stand for them.
_OPEN = r"(?:[<＜﹤‹〈⟨❮]|&lt;?|&#0*60;?|&#x0*3c;?|\\u003c|%3c)"
_CLOSE = r"(?:[>＞﹥›〉⟩❯]|&gt;?|&#0*62;?|&#x0*3e;?|\\u003e|%3e)"
# Characters that nobody sees: formats, soft hyphens, variation selectors, tags, and controls but tab and line break.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_JOINERS = re.compile("[\u200c\u200d]")  # Persian and emojis need them; a tag's name does not.
_ROLE = re.compile(r"<\|([^|<>\n]{1,40})\|>|\[(/?INST)\]|<<(/?SYS)>>", re.IGNORECASE)
_TURN = re.compile(r"^([ \t]*)(system|assistant|developer|human|user)([ \t]*):", re.IGNORECASE | re.MULTILINE)


def fenced(text: str) -> str:
    """The text without what looks like a fence of our prompts, a mark of a model's format or a turn of a dialogue."""
    text = _UNSEEN.sub("", text)
    text = _fences().sub(" ", text)
    text = _ROLE.sub(" ", text)
    return _TURN.sub(r"\1\2\3 -", text)


@lru_cache(maxsize=1)
def _fences() -> re.Pattern[str]:
    """Every fence that a prompt file uses, however its brackets and gaps are disguised, closed or left open."""
    gap = r"[\s\u200c\u200d]{0,4}"
    spelled = "|".join(
        r"[\u200c\u200d]?".join("[_\\- ]?" if letter == "_" else re.escape(letter) for letter in name)
        for name in sorted(prompt_text.fences(), key=len, reverse=True)
    )
    return re.compile(
        rf"{_OPEN}{gap}[/／⁄∕\\]{{0,2}}{gap}(?:{spelled})(?![a-z])(?:[^<>＜＞\n]{{0,200}}?\s?{_CLOSE})?",
        re.IGNORECASE,
    )
