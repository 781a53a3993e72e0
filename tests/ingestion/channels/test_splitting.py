import re
import time
from collections.abc import Callable

import pytest

from ingestion.channels.splitting import send_in_parts, split_text, utf16_units
from runtime.errors import FateUnknown, Permanent, Retryable
from tickets.post_weight import MOST_WEIGHT, weight_of

SENTENCE = "You can send the chair back within thirty days, and we pay for the parcel."
NUMBER = re.compile(r" \((\d+)/(\d+)\)$")


def words_of(parts: list[str]) -> str:
    return " ".join(" ".join(NUMBER.sub("", part) for part in parts).split())


def test_a_short_text_stays_whole_and_without_a_number() -> None:
    assert split_text(f"  {SENTENCE}\n", 280, weight=weight_of) == [SENTENCE]
    assert split_text("x" * 280, 280, weight=len) == ["x" * 280]


def test_a_long_text_is_broken_behind_sentences_and_numbered() -> None:
    text = " ".join([SENTENCE] * 9)
    parts = split_text(text, 280, weight=len)
    assert [NUMBER.search(part)[0] for part in parts] == [" (1/3)", " (2/3)", " (3/3)"]  # type: ignore[index]  # each has one
    assert all(NUMBER.sub("", part).endswith("parcel.") for part in parts)
    assert all(len(part) <= 280 for part in parts)
    assert words_of(parts) == text


def test_without_a_sentence_near_it_is_broken_behind_a_word() -> None:
    text = " ".join(f"word{number}" for number in range(200))
    parts = split_text(text, 280, weight=len)
    assert words_of(parts) == text
    assert all(re.fullmatch(r"word\d+( word\d+)*", NUMBER.sub("", part)) for part in parts)


def test_an_early_full_stop_does_not_make_a_tiny_part() -> None:
    parts = split_text("Yes. " + "word " * 100, 280, weight=len)
    assert all(len(part) > 140 for part in parts[:-1])


@pytest.mark.parametrize("lead", range(200, 290, 7))
def test_a_link_is_never_broken(lead: int) -> None:
    link = "https://example.com/help/returns?from=desk&to=you.and.me!yes"
    text = f"{'w ' * (lead // 2)}see {link} for more. {SENTENCE}"
    parts = split_text(text, 280, weight=weight_of)
    assert sum(link in part for part in parts) == 1
    assert words_of(parts) == text


def test_a_link_longer_than_a_part_is_refused_rather_than_broken() -> None:
    with pytest.raises(Permanent, match="link that is longer"):
        split_text(f"See https://example.com/{'x' * 2_000} here.", 2_000, weight=utf16_units)


@pytest.mark.parametrize(
    "text",
    [
        "返品は三十日以内に承ります。送料は当社が負担いたします。" * 20,
        "x" * 1_000,
        "Grüße, " * 90,
        "👩🏽‍🚀🇳🇴" * 120,
        "Ja.\n\n" + "Zeile eins\nZeile zwei\n" * 40,
        "a" * 279 + " " * 50 + "b" * 400,
    ],
)
def test_any_text_comes_whole_in_parts_within_the_limit(text: str) -> None:
    parts = split_text(text, MOST_WEIGHT, weight=weight_of)
    assert len(parts) > 1
    assert all(weight_of(part) <= 280 and part == part.strip() for part in parts)
    assert re.sub(r"\s", "", "".join(NUMBER.sub("", part) for part in parts)) == re.sub(r"\s", "", text)


def test_japanese_is_broken_behind_a_full_stop() -> None:
    parts = split_text("返品は三十日以内に承ります。送料は当社が負担いたします。" * 20, 280, weight=weight_of)
    assert all(NUMBER.sub("", part).endswith("。") for part in parts)


def test_an_emoji_is_never_taken_apart() -> None:
    parts = split_text("👩🏽‍🚀🇳🇴" * 120, 280, weight=weight_of)
    for part in parts:
        assert re.fullmatch("(👩🏽‍🚀|🇳🇴)+", NUMBER.sub("", part))


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello", 5),
        ("Grüße", 5),
        ("It’s “fine” – really…", 22),
        ("返品", 4),
        ("한국", 4),
        ("👍", 2),
        ("👩🏽‍🚀", 2),
        ("🇳🇴", 2),
        ("https://example.com/" + "x" * 200, 23),
        ("see http://a.co now", 31),
        ("example.com", 23),
        ("mail me@example.com", 19),
        ("e\u0301", 1),
    ],
)
def test_x_counts_links_wide_characters_and_emoji_in_its_own_way(text: str, weight: int) -> None:
    assert weight_of(text) == weight


def test_a_hostile_text_is_weighed_and_split_in_good_time() -> None:
    started = time.monotonic()
    for text in ("a.a." * 10_000, "https:// " * 5_000, '."' * 20_000, "@a.b" * 10_000, " " * 40_000 + "x"):
        assert weight_of(text) > 0
        assert split_text(text, 280, weight=weight_of)
    assert (
        time.monotonic() - started < 10
    )  # It takes half a second; what grows with the square takes minutes.


def failing_at(place: int, error: Exception) -> tuple[list[tuple[str, str]], Callable[[str, str], str]]:
    sent: list[tuple[str, str]] = []

    def send_one(part: str, after: str) -> str:
        if len(sent) == place:
            raise error
        sent.append((part, after))
        return f"id-{len(sent)}"

    return sent, send_one


def test_each_part_comes_after_the_one_before() -> None:
    sent, send_one = failing_at(-1, Retryable("never"))
    send_in_parts(["a", "b", "c"], send_one, after="customer")
    assert sent == [("a", "customer"), ("b", "id-1"), ("c", "id-2")]


@pytest.mark.parametrize("error", [Retryable("busy"), Permanent("no"), FateUnknown("silence")])
def test_a_failure_of_the_first_part_is_what_it_is(error: Exception) -> None:
    _sent, send_one = failing_at(0, error)
    with pytest.raises(type(error)) as caught:
        send_in_parts(["a", "b"], send_one, after="")
    assert caught.value is error


@pytest.mark.parametrize("error", [Retryable("busy"), Permanent("no"), FateUnknown("silence")])
def test_a_failure_in_the_middle_is_never_sent_again_from_the_start(error: Exception) -> None:
    _sent, send_one = failing_at(1, error)
    with pytest.raises(FateUnknown, match=r"^1 of 3 parts were sent, then: "):
        send_in_parts(["a", "b", "c"], send_one, after="")
