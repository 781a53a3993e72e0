import time

import pytest

from ingestion.mail.quoting import Split, split_parts
from tests.ingestion.mail.quote_samples import ATTRIBUTIONS, BLOCKS

TEXT = "Thank you, but where is it?\nIt was due on Monday."
HISTORY = "Hello Bob,\nit takes two days.\n\nAlice"
QUOTED = "\n".join(f"> {line}".rstrip() for line in HISTORY.split("\n"))


def test_a_reply_is_split_into_its_four_parts() -> None:
    disclaimer = (
        "This message is confidential and for the intended recipient only. Please delete it if you got it in error, "
        "and tell the sender."
    )
    text = f"{TEXT}\n\n-- \nBob Brown\n\n{disclaimer}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}\n"
    assert split_parts(text) == Split(TEXT, f"{ATTRIBUTIONS[0]}\n{QUOTED}", "--\nBob Brown", disclaimer)


def test_every_line_is_in_one_part() -> None:
    text = f"Hi\n\n{ATTRIBUTIONS[0]}\n> one?\n\nyes\n\n> two?\n\nno\n\n-- \nBob"
    parts = split_parts(text)
    together = (parts.new_text, parts.quoted_text, parts.signature, parts.disclaimer)
    assert sorted("\n".join(together).split()) == sorted(text.split())


def test_windows_line_ends_are_read() -> None:
    text = f"{TEXT}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}".replace("\n", "\r\n")
    assert split_parts(text).new_text == TEXT


def test_an_answer_below_the_quotation_is_new() -> None:
    assert split_parts(f"{ATTRIBUTIONS[0]}\n{QUOTED}\n\n{TEXT}").new_text == TEXT


@pytest.mark.parametrize("header", [ATTRIBUTIONS[0], f"> {ATTRIBUTIONS[0]}\n>", "Alice wrote:"])
def test_answers_between_quotations_are_new_and_the_questions_quoted(header: str) -> None:
    parts = split_parts(f"Hi\n\n{header}\n> first?\n\nyes\n\n> second?\n\nno\n")
    assert parts.new_text.split() == ["Hi", "yes", "no"]
    assert "first?" in parts.quoted_text
    assert "second?" in parts.quoted_text


def test_what_the_writer_chose_to_quote_stays_where_it_is_answered() -> None:
    text = "> returns within 30 days\n\nDoes that hold for boots?"
    assert split_parts(text).new_text == text
    assert split_parts(f"{TEXT}\n\n> Kind regards").new_text == TEXT


def test_lines_that_a_program_has_broken_belong_to_the_quotation() -> None:
    long = "> The parcel was handed to the carrier on Monday and should be with you by the"
    for rest in ("end of this week", "(https://example.com/track)"):
        parts = split_parts(f"{TEXT}\n\n{ATTRIBUTIONS[0]}\n{long}\n{rest}\n> Alice")
        assert parts.new_text == TEXT
        assert rest in parts.quoted_text


def test_a_header_on_the_line_of_the_reply_is_parted_from_it() -> None:
    assert split_parts(f"Where is it? {ATTRIBUTIONS[0]}\n{QUOTED}").new_text == "Where is it?"


def test_a_rule_above_the_history_belongs_to_it() -> None:
    for rule in ("________________________________", "--- Original ---"):
        assert split_parts(f"{TEXT}\n\n{rule}\n{BLOCKS[0]}\n\n{HISTORY}").new_text == TEXT


def test_a_mail_that_only_forwards_keeps_what_it_forwards() -> None:
    head = (
        "---------- Forwarded message ---------\nFrom: Carol <carol@example.com>\nDate: Tue\nSubject: Shoes"
    )
    parts = split_parts(f"{head}\n\nMy shoes broke.\n\nCarol")
    assert (parts.new_text, parts.quoted_text) == ("My shoes broke.\n\nCarol", head)


@pytest.mark.parametrize("note", ["FYI", "see below"])
def test_a_word_above_a_forwarded_mail_does_not_hide_it(note: str) -> None:
    text = f"{note}\n\nBegin forwarded message:\n\n{BLOCKS[0]}\n\nMy shoes broke."
    assert split_parts(text).new_text == text


def test_a_forwarded_mail_below_a_message_is_quoted() -> None:
    parts = split_parts(f"{TEXT}\n\nBegin forwarded message:\n\n{BLOCKS[0]}\n\nMy shoes broke.")
    assert parts.new_text == TEXT
    assert "My shoes broke." in parts.quoted_text


def test_a_reply_without_a_word_has_no_new_text() -> None:
    parts = split_parts(f"Sent from my iPhone\n\n{ATTRIBUTIONS[0]}\n{QUOTED}")
    assert (parts.new_text, parts.signature) == ("", "Sent from my iPhone")


@pytest.mark.parametrize("text", ["> Where is it?", "-- \nBob", "", f"{ATTRIBUTIONS[0]}\n\nWhere is it?"])
def test_a_text_of_one_kind_is_not_lost(text: str) -> None:
    assert split_parts(text).new_text == text.rpartition("wrote:\n\n")[2].replace("-- ", "--")


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote to you and nobody answered.\nPlease help.",
        "Am Montag habe ich bestellt: nichts kam.",
        "From: Berlin\nTo: Paris\nhow long does it take?",
        "From: Berlin\nTo: Paris\nDate: 3 May 2026\nPassengers: 2\n\nWhat does it cost?",
        "De: Madrid\nPara: París\nFecha: 3 de mayo de 2026\n\n¿Cuánto cuesta?",
        "The price went from 10 > 5, why?",
        "I wrote to you on 10/11/2026 at 10:00 and got this answer:\nno refund.\nWhy?",
        "On 3 May 2026 at 10:00 I wrote:\nplease cancel.\nNothing happened.",
        "On 10/11/2026 you sent:\nshoes\nsocks\n\nI ordered boots.",
        "Ich schrieb Ihnen am 10.11.2026 um 10:00 Uhr folgendes:\nBitte stornieren.\nNichts ist passiert.",
        "Le 3 mai 2026 j'ai écrit à votre service :\nsans réponse.\nQue faire ?",
        "Il 10/11/2026 ho scritto al vostro servizio:\nnessuna risposta.",
        "10.11.2026 я написала вам:\nответа нет.",
        "お届け予定は2026/11/10 10:00より：\nまだ届きません。",
        "Subject: Cancel\nplease cancel my order 123",
        "Error log:\n2026-11-10 10:00:02 ERROR user <alice@example.com> failed\nWhat now?",
        "Bob told me on 10/11/2026 to contact support@example.com:\nis it right?",
        "An: mich\nVon: dir\nein Gedicht",
        "Code:\n\n    if a > b:\n        print(a)\n\n> this is a shell prompt\n\nWhy does it fail?",
    ],
)
def test_ordinary_sentences_are_left_alone(text: str) -> None:
    assert split_parts(text) == Split(text, "", "", "")


def test_what_is_below_fifty_thousand_lines_counts_as_quoted() -> None:
    parts = split_parts("a line\n" * 50_000 + "the last one")
    assert parts.new_text.count("a line") == 50_000
    assert parts.quoted_text == "the last one"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a" * 1_000_000,
        "<a@b" * 120,
        "On 1 " * 98 + "wrote:",
        "x--- On 1" * 50 + "wrote:",
        "on 10:00 bob wrote:",
        "On 10:00 I wrote:",
        "From: x",
        "From: x@y\nSent: 1",
        "> \nbob wrote:",
        "-- \n>",
        "-" * 499,
        "2024 " * 99 + ":",
        " " * 490,
        ":",
        "* _" * 160,
        "Regards,\nBob",
        "sent from my iphone",
        "confidential intended recipient\n",
        "x <\n\n<a@b\n> wrote:",
    ],
)
def test_a_million_hostile_characters_are_split_soon(line: str) -> None:
    text = f"{line}\n" * (1_000_000 // (len(line) + 1) or 1)
    split_parts("> once, so that the words are read\n")
    started = time.process_time()
    split_parts(text)
    assert time.process_time() - started < 8
