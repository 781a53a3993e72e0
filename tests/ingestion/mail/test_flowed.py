import time

from ingestion.mail.flowed import unfold, without_frame


def test_flowed_lines_become_paragraphs() -> None:
    text = "Where is my \norder? It was \ndue today.\n\n> You said \n> two days.\n-- \nBob"
    assert unfold(text, delete_space=False) == (
        "Where is my order? It was due today.\n\n> You said two days.\n-- \nBob"
    )


def test_the_space_at_the_end_is_deleted_where_the_sender_says_so() -> None:
    assert unfold("注文した \n商品", delete_space=True) == "注文した商品"


def test_lines_that_were_stuffed_lose_their_space_and_quotes_of_other_depth_stay_apart() -> None:
    assert unfold(" From here\n> a \n>> b", delete_space=False) == "From here\n> a \n>> b"


def test_a_signed_text_is_shown_without_its_frame() -> None:
    text = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nWhere is it?\n- -- \nBob\n"
        "-----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----\n"
    )
    assert without_frame(text).strip() == "Where is it?\n-- \nBob"
    assert (
        without_frame("-----BEGIN PGP SIGNED MESSAGE-----\nhalf")
        == "-----BEGIN PGP SIGNED MESSAGE-----\nhalf"
    )


def test_very_long_paragraphs_are_read_in_little_time() -> None:
    started = time.perf_counter()
    unfold("x \n" * 300_000, delete_space=False)
    without_frame("-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n" * 20_000)
    assert time.perf_counter() - started < 5
