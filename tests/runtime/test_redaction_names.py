"""Names of persons."""

import pytest

from runtime.redaction_names import persons


def _found(text: str) -> list[str]:
    spans = sorted({(one.start, one.end) for one in persons(text)})
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hi Alice,\nwhere is it?", ["Alice"]),
        ("Sehr geehrte Frau Müller, danke", ["Müller"]),
        ("Bonjour Carol,", ["Carol"]),
        ("My name is Alice van der Berg.", ["Alice van der Berg"]),
        ("Ich heiße Bob Meier und warte", ["Bob Meier"]),
        ("Me llamo Carol Ruiz", ["Carol Ruiz"]),
        ("Mijn naam is Bob", ["Bob"]),
        ("Nazywam się Alicja Nowak", ["Alicja Nowak"]),
        ("I'm Bob Smith, a customer", ["Bob Smith"]),
        ("Ask Mr. Smith or Dr. Jane A. Doe", ["Smith", "Jane A. Doe"]),
        ("Name: alice smith\nOrder: 5", ["alice smith"]),
        ("It broke.\nBest regards,\nBob Brown", ["Bob Brown"]),
        ("It broke. Thanks, Carol", ["Carol"]),
        ("Mit freundlichen Grüßen\n\nBob", ["Bob"]),
        ("add my wife Carol to it", ["Carol"]),
        ("Alice Smith\n12 Crown Street\nBristol", ["Alice Smith"]),
        ("田中様", ["田中"]),
        ("私は田中太郎です", ["田中太郎"]),
        ("我叫王伟，你好", ["王伟"]),
        ("اسمي أحمد", ["أحمد"]),
    ],
)
def test_a_name_is_found_where_letters_carry_it(text: str, names: list[str]) -> None:
    assert _found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Hi there,",
        "Dear Customer Support,",
        "Dear Example Support Team,",
        "Hello Everyone!",
        "Hallo zusammen,",
        "Hi I'm having trouble",
        "Hello Windows stopped working again",
        "I'm Very happy",
        "Thanks, it works now",
        "Thank you\nOrder A-10423",
        "I copied it from MS Excel",
        "お客様",
        "My name is not shown",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert _found(text) == []
