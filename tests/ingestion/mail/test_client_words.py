from ingestion.mail.client_words import Label, closings, devices, labels, legal_words, openers, phrases, verbs


def test_every_language_has_its_words() -> None:
    served = 26
    assert len(devices()) == served
    assert len([secrecy for secrecy, _ in legal_words() if secrecy]) == served
    for kind in ("original", "forwarded"):
        assert len(phrases(kind)) > 2 * served
    assert len(verbs("wrote")) > served
    assert len(closings()) > 5 * served
    assert "am" in openers()


def test_labels_are_found_by_their_folded_form() -> None:
    assert labels()["from"] is Label.FROM
    assert labels()["gesendet"] is Label.SENT
    assert labels()["тема"] is Label.SUBJECT
    assert labels()["収件人"] is Label.TO if "収件人" in labels() else labels()["收件人"] is Label.TO


def test_words_are_folded_and_not_empty() -> None:
    everything = {*labels(), *closings(), *phrases("notice"), *phrases("above"), *verbs("wrote")}
    assert all(word == word.casefold().strip() and word for word in everything)
