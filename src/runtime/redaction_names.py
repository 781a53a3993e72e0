"""Names of persons where the text tells: after a greeting, a title or "my name is", in a sign-off, before an address.

A name in the middle of a sentence is not found: that would need a model, and would take products for people.
"""

import re
from collections.abc import Iterator

from runtime.redaction_kinds import Finding, Kind, words

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}(?:{_LETTER}|['’-](?={_LETTER})){{0,30}}")
_SPACE = re.compile(r"[ \t]+|\.[ \t]?")
_MOST_WORDS = 4
_PARTICLE_WORDS = "van von de der den del da dos di la le bin al el ibn ter ten zu du san"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
# Who is greeted or signs without being a person, and what sentences go on with.
_NOBODY_WORDS = """
team support service customer customers sir sirs madam all everyone everybody anyone there folks guys
friends people staff help helpdesk desk sales office admin administrator moderator colleague colleagues
ladies gentlemen damen herren zusammen kundenservice kundendienst kollegen leute équipe equipe madame
monsieur messieurs mesdames tous equipo todos señores señor señora amigos servizio clienti tutti signori
signore signora gentili pessoal suporte atendimento senhores senhor senhora allemaal klantenservice heer
mevrouw meneer państwo panie pani pan wszystkim zespół ekip destek herkes yetkili beyefendi hanımefendi i im
i'm i've the a an this that it we you my your our he she they what when where why how who can could would
please thanks thank hello hi hey dear just and but or if is are was not no yes ok so sent from on in at to
for of with regards best kind sincerely cheers ich wir sie es das die der ein eine nicht bitte je nous vous
il elle le la les un une yo el los las una que por io lo non eu o os as um uma não ik wij het een niet
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december windows android iphone google microsoft apple amazon facebook firefox
thunderbird mozilla new good great happy sorry glad writing using trying having looking getting very also
still now back again today community estimados estimadas forum forums moderators experts developers devs
"""
_NOBODY = frozenset(_NOBODY_WORDS.split())
_GROUPS = frozenset(
    ("team", "support", "community", "service", "staff", "customer", "equipe", "équipe", "equipo")
)

_TITLE_WORDS = """
Mr Mrs Ms Miss Mx Dr Prof Professor Herr Herrn Frau Mme Mlle Monsieur Madame Sr Sra Srta Señor Señora Sig Signor Signora
Dott Dottore Dhr Mevr Mevrouw Meneer Senhor Senhora Sayın
"""
_TITLES = frozenset(_TITLE_WORDS.casefold().split())
# In capitals they are something else: MS is a company, DR a road.
_TITLED = re.compile(
    rf"(?:(?:{'|'.join(_TITLE_WORDS.split())})\.?|(?:mr|mrs|ms|dr|prof|sr|sra)\.)[ ]+(?={_LETTER})"
)
_GREETING = words(
    """
    hi|hello|hey|dear|good morning|good afternoon|good evening|hallo|guten tag|guten morgen|moin|liebe|lieber
    sehr geehrte
    sehr geehrter|bonjour|bonsoir|salut|cher|chère|hola|estimado|estimada|querido|querida|buenos días|buenas tardes|ciao
    buongiorno|buonasera|gentile|caro|cara|olá|oi|prezado|prezada|bom dia|boa tarde|beste|geachte|goedemorgen
    goedemiddag|dag
    cześć|dzień dobry|szanowny|szanowna|drogi|droga|merhaba|selam|sevgili
    """
)
_GREETED = re.compile(rf"(?:{_GREETING})[ ]+(?={_LETTER})")
# These are searched for in the text in small letters, which is several times as quick as ignoring case.
_INTRODUCED = re.compile(
    r"(?:"
    + words(
        """
        my name is|my name's|(?:maiden|last|first|full|middle|family) name is|name's|people call me|you can call me
        this is|was called|is called|named him|named her|mein name ist|ich heiße|ich heisse|je m['’]appelle
        mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|meu nome é|me chamo|chamo-me|mijn naam is|ik heet
        nazywam się|mam na imię|benim adım|under my (?:partner|wife|husband|son|daughter)['’]s name|maybe it['’]s under
        what['’]s (?:your|the) (?:[a-z]{1,10} )?name(?: on the account)?\\?(?: user:)?|change it to|correct it to
        follow up with
        (?:my|his|her|our|their) (?:kid|child|son|daughter|wife|husband|partner|brother|sister|mother|father),?
        (?:my|his|her|our|their) (?:friend|colleague),?
        (?:my|his|her|our|their) (?:boss|assistant|neighbou?r),?|on behalf of|in the name of|speak (?:to|with)
        the assistant to
        want to add|need to add|["”,] ?(?:says|said)
        """
    )
    + rf")[ \t]+(?={_LETTER})"
)
_I_AM = re.compile(r"(?:i['’]m|i am|ich bin|je suis|soy|sono|ik ben)[ ]+")
_LABELLED = re.compile(
    r"(?:full |last |first |family |contact |customer |your )?"
    r"(?:name|vorname|nachname|nom|prénom|nombre|apellidos?|nome|cognome|sobrenome|naam|imię i nazwisko|nazwisko|imię"
    r"|ad soyad|adı)[ ]{0,2}[:：=][ \t]{0,12}"
)
_SIGN_OFF = re.compile(
    r"(?:"
    + words(
        """
        (?:best|kind|warm|kindest|with best|with kind) ?(?:regards|wishes)?|regards|cheers|sincerely|yours
        yours sincerely
        yours truly|yours faithfully|many thanks|thanks|thank you|thanks again|thanks in advance|all the best|thx
        (?:mit )?(?:freundlichen|besten|herzlichen|vielen|viele|liebe|beste|freundliche) (?:grüßen|grüße|grüssen|grüsse)
        lg|mfg|vielen dank|danke|gruß|cordialement|bien à vous|merci|merci d['’]avance|bien cordialement|salutations
        saludos|un saludo|saludos cordiales|atentamente|gracias|gracias de antemano|un cordial saludo|cordiali saluti
        distinti saluti|saluti|grazie|un saluto|atenciosamente|cumprimentos|abraços|obrigado|obrigada
        met vriendelijke groet
        met vriendelijke groeten|vriendelijke groet|groeten|groet|bedankt|mvg|pozdrawiam|z poważaniem|dziękuję
        saygılarımla|teşekkürler|iyi günler
        """
    )
    + r")[ ]?[,.!]*(?:[ \t]{1,3}|[ \t]{0,4}\n[ \t>]{0,4}(?:\n[ \t>]{0,4})?)(?:[-–—] ?)?(?=[^\W\d_])"
)
# A greeting pauses after the name; where it does not, a sentence has begun.
_PAUSE = re.compile(r"[ \t]*(?:[,.!?:;–—-]|\n|$|[ ]I['’]?m\b|[ ]and\b|[ ]und\b|[ ]et\b|[ ]y\b|[ ]e\b)")
# A line with a name alone, in the block that an address or a way to reach somebody stands in.
_ALONE = re.compile(rf"(?:^|\n)[ \t>?|*]{{0,6}}(?P<name>{_LETTER}[^\n\d,:;!?()@\"]{{2,60}})(?=\n)")
_REACHED = re.compile(
    r"\n(?:[ \t>?|*]{0,6}(?:\n|[^\n\d]{0,40}\n)){0,2}?[ \t>?|*]{0,6}"
    r"(?:\d{1,6}[A-Za-z]?[ ]+[^\W\d_]|[^\n]{0,30}[ ]\d{1,4}[A-Za-z]?[ ]*\n|P\.?O\.? Box|PSC "
    r"|(?i:tel|phone|mobile|e-?mail|mob|fax)\b[.:])"
)
# Where a line or a sentence begins.
_START = re.compile(r"(?:^|\n|[.!?,][ ])[ \t>*-]{0,6}(?=[^\W\d_])")
_LINE_END = re.compile(r"[ \t]*[,.!]?[ \t]*(?:\n|$)")
_EAST_ASIAN = re.compile(
    r"(?P<surname>[\u4e00-\u9fff々]{1,4})(?:様|さん|先生|女士|小姐)(?![\u4e00-\u9fff])"
    r"|(?:我叫|我的名字是|姓名[:：]?\s?)(?P<chinese>[\u4e00-\u9fff]{2,3})"
    r"|(?:名前は|私は|わたしは)(?P<japanese>[\u4e00-\u9fff々]{2,6})(?=です|と申します|といいます)"
    r"|(?:اسمي|السيد|السيدة|الأستاذ|الأستاذة)\s+(?P<arabic>[\u0620-\u064a]{2,15}(?:\s[\u0620-\u064a]{2,15})?)"
)
_NOT_SURNAMES = frozenset(
    (
        "お客",
        "客",
        "皆",
        "奥",
        "神",
        "店員",
        "各位",
        "同",
        "多",
        "有",
        "模",
        "仕",
        "王",
        "多謝",
        "担当者",
        "業者",
    )
)


def persons(text: str) -> Iterator[Finding]:
    """Names in the places where letters carry them."""
    lowered = text.replace("İ", "i").lower()  # Of the same length as the text.
    for match in _TITLED.finditer(text):
        if _begins_a_word(text, match.start()):
            yield from _name_at(text, match.end())
    for pattern, least in ((_INTRODUCED, 1), (_I_AM, 2)):
        for match in pattern.finditer(lowered):
            if _begins_a_word(text, match.start()):
                yield from _name_at(text, match.end(), least=least)
    for start in _START.finditer(text):
        yield from _at_a_start(text, lowered, start.end())
    yield from _over_addresses(text)
    if not text.isascii():
        yield from _east_asian_and_arabic(text)


def _begins_a_word(text: str, start: int) -> bool:
    return not start or not (text[start - 1].isalnum() or text[start - 1] in "@_")


def _at_a_start(text: str, lowered: str, start: int) -> Iterator[Finding]:
    """After a greeting, in a sign-off, after a label."""
    if greeted := _GREETED.match(lowered, start):
        yield from (name for name in _name_at(text, greeted.end()) if _PAUSE.match(text, name.end))
    if signed := _SIGN_OFF.match(lowered, start):
        yield from (name for name in _name_at(text, signed.end()) if _LINE_END.match(text, name.end))
    if labelled := _LABELLED.match(lowered, start):
        yield from _labelled(text, labelled.end())


def _name_at(text: str, start: int, *, least: int = 1) -> Iterator[Finding]:
    """The capitalised words from `start` on, when there are enough and none is known for not being a name."""
    first = _WORD.match(text, start)
    if first and first[0].casefold() in _TITLES:
        start = _after_space(text, first.end())
    end = position = start
    count = 0
    while count < _MOST_WORDS and (word := _WORD.match(text, position)):
        position = _after_space(text, word.end())
        if count and word[0] in _PARTICLES:
            continue
        initial = len(word[0]) == 1 and word[0].isupper() and text.startswith(".", word.end())
        if not initial and not _can_be_name(word[0]):
            # "Dear Example Support Team" greets nobody.
            count = 0 if word[0].casefold() in _GROUPS else count
            break
        end, count = word.end(), count + 1
        if position == end or (text[end] == "." and count and len(word[0]) > 1):
            break
    if count >= least:
        yield Finding(Kind.PERSON, start, end)


def _can_be_name(word: str) -> bool:
    if not word[0].isupper() or (len(word) > 1 and word.isupper()):
        return False
    parts = word.casefold().replace("’", "'").split("-")
    return _NOBODY.isdisjoint(parts) and _TITLES.isdisjoint(parts)


def _after_space(text: str, position: int) -> int:
    """Where the next word begins: after blanks, or the full stop of an initial."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _over_addresses(text: str) -> Iterator[Finding]:
    """A name alone on its line, with an address or a number to call right below."""
    for match in _ALONE.finditer(text):
        if not _REACHED.match(text, match.end()):
            continue
        for name in _name_at(text, match.start("name"), least=2):
            if _LINE_END.match(text, name.end):
                yield name


def _labelled(text: str, start: int) -> Iterator[Finding]:
    """After "Name:" a name may be written in small letters too, up to the end of the line."""
    end = start
    position = start
    for _count in range(_MOST_WORDS):
        word = _WORD.match(text, position)
        if word is None or word[0].casefold() in _NOBODY - {"a", "o", "i"}:
            break
        end = word.end()
        position = _after_space(text, end)
    if end > start and _LINE_END.match(text, end):
        yield Finding(Kind.PERSON, start, end)


def _east_asian_and_arabic(text: str) -> Iterator[Finding]:
    for match in _EAST_ASIAN.finditer(text):
        group = match.lastgroup or "surname"
        if match[group] not in _NOT_SURNAMES:
            yield Finding(Kind.PERSON, *match.span(group))
