"""How streets, units and boxes are written in many countries: the anchors that an address is recognised by."""

import re
from dataclasses import dataclass

_CAPITAL = "[A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĖĘĚĞĢĪİĶŁĽŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŹŻŽΆ-ΫА-Я]"
LETTER = r"[^\W\d_]"
NAME = rf"{_CAPITAL}(?:{LETTER}|['’.-](?={LETTER})){{0,30}}\.?"
JOIN = (
    r"(?:de|del|della|dello|di|da|do|dos|das|du|des|la|le|les|los|las|van|von|der|den|am|an|im|zu|z|u|y|i|e|the|of|al"
    r"|el)"
)
_S = "[ ]{1,4}"
_NUMBER = r"\d{1,5}(?:[ /-]\d{1,4})?[A-Za-z]?"

_ENGLISH = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Squares|Sq|Terrace|Way"
    r"|Close|Crescent|Highway|Hwy|Parkway|Pkwy|Grove|Gardens|Mews|Row|Circle|Trail|Turnpike|Alley|Cliffs|Creek|Isle|Dale"
    r"|Mall)"
)
# Written as one word with the street's name, the number after it.
_ENDING_STEMS = (
    *(
        "strasse",
        "straße",
        "str.",
        "gasse",
        "allee",
        "platz",
        "ufer",
        "damm",
        "weg",
        "straat",
        "laan",
        "gracht",
        "plein",
    ),
    *(
        "kade",
        "dijk",
        "singel",
        "gata",
        "vägen",
        "vegen",
        "vej",
        "veien",
        "gade",
        "kuja",
        "katu",
        "kaari",
        "polku",
        "intie",
    ),
    *("stræti", "braut", "vollen", "bakken"),
)
_ENDINGS = f"(?:{'|'.join(re.escape(stem) for stem in _ENDING_STEMS)})n?"
_APART = (
    "strasse",
    "straße",
    "allee",
    "platz",
    "weg",
    "gasse",
    "ring",
    "terrasse",
    "plass",
    "torg",
    "plein",
    "laan",
    "vej",
)
_KIND_STEMS = (
    *(
        "rue",
        "avenue",
        "av.",
        "avda",
        "avenida",
        "boulevard",
        "bd",
        "quai",
        "chemin",
        "allée",
        "impasse",
        "calle",
        "c/",
    ),
    *(
        "plaza",
        "paseo",
        "camino",
        "carretera",
        "ctra",
        "viale",
        "piazza",
        "corso",
        "largo",
        "vicolo",
        "rua",
        "rúa",
    ),
    *(
        "travessa",
        "praça",
        "estrada",
        "ul.",
        "ulica",
        "ulicy",
        "al.",
        "aleja",
        "os.",
        "pl.",
        "via",
        "place",
        "platz",
    ),
)
# English says "via" and "place" of other things: they count with a capital.
_KIND = (
    r"(?:(?i:rue|avenue|av\.|avda\.?|avenida|boulevard|bd\.?|quai|chemin|allée|impasse|calle|c/|plaza|paseo|camino|carretera"
    r"|ctra\.?|viale|piazza|corso|largo|vicolo|rua|rúa|travessa|praça|estrada|ul\.|ulica|ulicy|al\.|aleja|os\.|pl\.)"
    r"|Via|Place|Platz)"
)
_FRENCH_STEMS = ("rue", "avenue", "boulevard", "bd", "quai", "chemin", "allée", "impasse", "place", "route")
_AFTER_STEMS = ("utca", "út", "tér", "rkp.", "krt.", "köz", "cad", "sok", "bulvar", "mah")
_AFTER_NAME = r"(?:utca|útja|út|tér|rkp\.|krt\.|köz|Caddesi|Cad\.|Sokak|Sokağı|Sok\.|Bulvarı|Mahallesi|Mah\.)"
_UNIT_STEMS = (
    "apt",
    "apartment",
    "suite",
    "ste",
    "flat",
    "appt",
    "appart",
    "wohnung",
    "piso",
    "apto",
    "daire",
    "lakás",
)
_UNIT_WORD = r"(?:apartment|appartement|appt|apto|apt|suite|ste|flat|wohnung|piso|daire|lakás)"
UNIT = rf"(?:(?i:{_UNIT_WORD})\.?[ ]?(?:no\.?|nr\.?|#)?[ ]?\d{{1,5}}[A-Za-z]?)"
_BOX_STEMS = ("box", "postfach", "postbus", "postboks", "boîte postale", "b.p.", "apartado", "skr.")
_MILITARY = r"(?i:[afd]po,?[ ]a[aep][ ]\d{5})"
_BOX = r"(?i:p\.? ?o\.? ?box|postfach|postbus|postboks|boîte postale|b\.p\.|apartado(?: de correos)?|skr\. poczt\.)"
_NAMES = rf"(?:(?:{JOIN}|{NAME})[ ,]{{1,4}}){{1,6}}"
_MORE_NAMES = rf"{NAME}(?:[ -](?:{JOIN}[ ])?{NAME}){{0,4}}"


@dataclass(frozen=True)
class Form:
    """A pattern, and the small letters without one of which it need not be tried."""

    stems: tuple[str, ...]
    pattern: re.Pattern[str]


FORMS = (
    Form((), re.compile(rf"{_NUMBER},?{_S}(?:{NAME}{_S}){{1,4}}{_ENGLISH}(?!\w)")),
    Form(
        _ENDING_STEMS,
        re.compile(
            rf"(?:{NAME}[ -]){{0,3}}{_CAPITAL}{LETTER}{{1,30}}(?i:{_ENDINGS}){_S}\d{{1,4}}[A-Za-z]?(?!\w)"
        ),
    ),
    Form(_APART, re.compile(rf"(?:{NAME}[ -]){{1,3}}(?i:{'|'.join(_APART)}){_S}\d{{1,4}}[A-Za-z]?(?!\w)")),
    Form(
        _KIND_STEMS,
        re.compile(
            rf"(?:{_NUMBER}(?: bis| ter)?,?{_S})?{_KIND}{_S}{_NAMES}(?:n[.º°]? ?)?\d{{1,5}}[A-Za-z]?(?!\w)"
        ),
    ),
    Form(
        _FRENCH_STEMS,
        re.compile(
            rf"{_NUMBER}(?: bis| ter)?,?{_S}(?i:{'|'.join(_FRENCH_STEMS)}){_S}(?:{JOIN}[ ]){{0,3}}{_MORE_NAMES}"
        ),
    ),
    Form(
        _AFTER_STEMS,
        re.compile(
            rf"(?:{NAME}{_S}(?:{LETTER}{{2,20}}[ ])?){{1,4}}{_AFTER_NAME}{_S}"
            r"(?:No[.:]? ?)?\d{1,4}\.?(?:[/-]\d{1,3})?(?!\w)"
        ),
    ),
    Form(_UNIT_STEMS, re.compile(rf"{UNIT}(?!\w)")),
    Form(_BOX_STEMS, re.compile(rf"{_BOX}[ ]?\d{{1,6}}")),
    Form(
        ("box",),
        re.compile(
            rf"(?i:psc|unit|cmr)[ ]\d{{1,5}},?[ ](?i:box)[ ]\d{{1,5}}(?:[ ,]{{0,3}}\n?[ ]{{0,3}}{_MILITARY})?"
        ),
    ),
    Form(
        ("apo", "fpo", "dpo"),
        re.compile(r"(?:USS|USNS|USNV|USCGC)[ ]\w{2,30}\s{1,4}(?:APO|FPO|DPO),?[ ]A[AEP][ ]\d{5}"),
    ),
    Form(
        ("corner of",),
        re.compile(
            rf"corner of[ ](?:{_NUMBER}[ ])?{NAME}[^\n?!]{{0,50}}[ ]and[ ](?:{_NUMBER}[ ])?{NAME}(?:[ ]{NAME}){{0,3}}"
        ),
    ),
    Form(("〒",), re.compile(r"〒 ?\d{3}-?\d{4}")),
    Form(
        ("都", "道", "府", "県"),
        re.compile(
            "[\u4e00-\u9fff]{2,3}[都道府県][^\\s、。,]{2,30}?\\d{1,4}(?:[-−]\\d{1,4}|丁目|番地?|号){1,4}"
        ),
    ),
    Form(
        ("路", "街", "道", "巷", "弄"),
        re.compile("[\u4e00-\u9fff]{2,10}[省市区縣县][\u4e00-\u9fff]{1,20}[路街道巷弄]\\d{1,5}[号號]"),
    ),
    Form(
        ("شارع", "طريق"),
        re.compile(
            r"(?:شارع|طريق)\s{1,3}[^\s،,.]{2,20}(?:\s[^\s،,.]{2,20}){0,2}[\s،,]{1,3}(?:رقم\s)?\d{1,5}"
        ),
    ),
)

# "My address is …": what follows is one when it has a number and then a name.
_CUES = (
    r"(?:address|adresse|anschrift|dirección|domicilio|indirizzo|endereço|morada|adresim|adresi|adres)"
    r"(?:[ ](?:of[ ]\w{1,30}[ ])?(?:is|to|with|as|ist|lautet|est|es|è|é|jest|:))?"
    r"|(?:live[sd]?|located|resid(?:e[sd]?|ing)|moved|off|is|sent|delivered?|shipped|return|meet me)[ ](?:at|in|on|to)"
    r"|(?:wohn(?:e|haft)|habite|vivo|abito|moro|woon|mieszkam)(?:[ ](?:in|au|en|a|na|op|przy))?|住所は?|地址是?|العنوان"
)
CUE = re.compile(rf"(?:{_CUES})[ ]{{0,4}}[:：]?\s{{0,8}}(?=\d)")
AFTER_CUE = re.compile(
    rf"\d{{1,6}}[A-Za-z]?[ ,]{{1,3}}(?:\d{{1,5}}[ ])?{NAME}(?:[ ]{NAME}){{0,3}}(?:[ ]\d{{1,5}})?(?!\w)"
)
