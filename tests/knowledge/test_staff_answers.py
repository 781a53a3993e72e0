"""What of a staff answer is kept."""

import pytest

from knowledge.staff_answers import essence, teaches


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (
            "Hi Alice,\n\nHold the button for ten seconds.\n\nBest regards,\nBob\nSupport team",
            "Hold the button for ten seconds.\n\nSupport team",
        ),
        ("Dear Sir or Madam,\nPlease restart it.\n\nKind regards\n\nMs Miller", "Please restart it."),
        ("Hallo Herr Weiß,\n\nbitte neu starten.\n\nMit freundlichen Grüßen\nJana", "bitte neu starten."),
        ("Bonjour,\nRedémarrez.\nCordialement,\nLuc", "Redémarrez."),
        ("Hello there is a button at the back. Press it.", "Hello there is a button at the back. Press it."),
        (
            "Thanks!\nThis one is a whole sentence about the lid of the kettle.",
            "This one is a whole sentence about the lid of the kettle.",
        ),
        ("", ""),
    ],
)
def test_greetings_and_signatures_go(answer: str, kept: str) -> None:
    assert essence(answer) == kept


@pytest.mark.parametrize(
    "answer",
    [
        "Done!",
        "Your order A-10423 will arrive on Tuesday, have fun with it.",
        "We have sent the confirmation to [EMAIL_ADDRESS] once more just now.",
        "As an exception we take it back after the end of the thirty days.",
        "This is a one-time discount of ten percent on the next purchase.",
        "I have arranged free express delivery just for you.",
        "We have waived the fee for the repair this time.",
        "As a gesture of goodwill the next parcel is free of charge.",
        "Ausnahmsweise nehmen wir das Gerät auch ohne Karton zurück.",
    ],
)
def test_what_is_short_or_holds_for_one_case_alone_teaches_nothing(answer: str) -> None:
    assert not teaches(answer)
    assert teaches("Hold the button for ten seconds until the light turns green.")
    assert teaches("The one-time code reaches your phone within two minutes.")
