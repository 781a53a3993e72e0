"""What a channel's reply looks like, and that a post fits without a cut sentence."""

from collections.abc import Iterator

import pytest

from agent_core.drafts import Claim, Draft, Source
from agent_core.reply_formats import fitted, guidance
from runtime.settings import settings
from tickets.contracts import Channel
from tickets.post_weight import MOST_WEIGHT, weight_of

LINK = "https://help.example.com/shipping/a-very-long-address-that-nobody-reads-because-x-counts-it-as-23"
SOURCE = Source("Shipping", "…", LINK, "ART-1", 1, 1, 0.9)
SENTENCE = "Standard delivery takes 3 to 5 business days and costs $4.95 within the country."


def a_draft(*texts: str, opening: str = "Hello Alice,", steps: int = 0) -> Draft:
    first_step = len(texts) - steps
    claims = tuple(Claim(text, (0,), step=number >= first_step) for number, text in enumerate(texts))
    return Draft(opening, claims, "", (SOURCE,))


def posted(draft: Draft) -> str:
    return f"{draft.text}\n{LINK}"


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("channel", [one for one in Channel if one is not Channel.X])
def test_where_there_is_no_limit_the_draft_stays_as_it_is(channel: Channel) -> None:
    draft = a_draft(*[SENTENCE] * 9)
    assert fitted(draft, channel) == draft


def test_a_post_has_whole_sentences_its_greeting_and_room_for_the_link() -> None:
    short = fitted(a_draft(*[f"{SENTENCE[:-1]}, {number}." for number in range(9)]), Channel.X)
    assert short.text.startswith("Hello Alice,\n\nStandard delivery")
    assert short.text.endswith("within the country, 1.")
    assert weight_of(posted(short)) <= MOST_WEIGHT < weight_of(posted(short)) + weight_of(SENTENCE)


def test_wide_characters_count_twice_as_they_do_on_x() -> None:
    sentence = "通常配送は三日から五日かかり、送料は六百円です。" * 2
    short = fitted(a_draft(*[f"{sentence}{number}。" for number in range(6)]), Channel.X)
    assert len(short.claims) == 2
    assert weight_of(posted(short)) <= MOST_WEIGHT


def test_the_greeting_goes_before_the_only_sentence_does() -> None:
    sentence = f"{'A' * 250}."
    assert fitted(a_draft(sentence), Channel.X).text == sentence


def test_a_sentence_that_does_not_fit_is_no_answer() -> None:
    assert fitted(a_draft(f"{'A' * 300}."), Channel.X).claims == ()


def test_half_a_procedure_and_an_announcement_of_it_are_left_out() -> None:
    texts = ("A parcel can be sent back.", "Do it like this:", *[f"Step {n}, {'x' * 60}." for n in range(4)])
    assert [claim.text for claim in fitted(a_draft(*texts, steps=4), Channel.X).claims] == [texts[0]]


def test_a_path_counts_with_the_address_that_stands_before_it(agent: pytest.MonkeyPatch) -> None:
    agent.setenv("DESKFLEET_PUBLIC_URL", f"http://{'x' * 120}")
    settings.cache_clear()
    draft = a_draft(SENTENCE, SENTENCE)
    local = Draft(draft.opening, draft.claims, "", (Source("Shipping", "…", "/help", "ART-1", 1, 1, 0.9),))
    assert len(fitted(draft, Channel.X).claims) == 2
    assert len(fitted(local, Channel.X).claims) == 1


def test_a_model_is_told_channel_length_and_tone(agent: pytest.MonkeyPatch) -> None:
    agent.setenv("DESKFLEET_AGENT_TONE", "friendly")
    agent.setenv("DESKFLEET_AGENT_LENGTH", "long")
    settings.cache_clear()
    assert "an e-mail" in guidance(Channel.MAIL)
    assert "Three or four paragraphs" in guidance(Channel.MAIL)
    assert "Friendly" in guidance(Channel.MAIL)
    # A chat is short whatever the setting says.
    assert "one to three sentences" in guidance(Channel.WEB_CHAT)
    assert "220 characters" in guidance(Channel.X)


def test_an_unknown_tone_stops_the_start_and_names_the_setting(agent: pytest.MonkeyPatch) -> None:
    agent.setenv("DESKFLEET_AGENT_TONE", "rude")
    settings.cache_clear()
    with pytest.raises(Exception, match=r"(?i)tone"):
        settings()
