"""How a draft reads."""

from agent_core.drafts import Claim, Draft, Source

FIRST = Source("Returns", "Text.", "/help/returns", "ART-1", 2, 11, 0.9)
SECOND = Source("Shipping", "More.", "/help/shipping", "ART-2", 1, 12, 0.8)


def test_sentences_of_a_source_are_a_paragraph_and_steps_are_numbered() -> None:
    claims = (
        Claim("One.", (0,)),
        Claim("Two.", (0,)),
        Claim("Sign in.", (0,), step=True),
        Claim("Choose.", (0,), step=True),
        Claim("Three.", (1,)),
    )
    draft = Draft("Hello,", claims, "Bye", (FIRST, SECOND), steps_intro="These are the steps:")
    assert (
        draft.text == "Hello,\n\nOne. Two.\n\nThese are the steps:\n1. Sign in.\n2. Choose.\n\nThree.\n\nBye"
    )


def test_each_source_is_cited_once_and_only_when_used() -> None:
    draft = Draft("", (Claim("One.", (0,)), Claim("Two.", (0,))), "", (FIRST, SECOND))
    assert [(citation.article, citation.version, citation.url) for citation in draft.citations] == [
        ("ART-1", 2, "/help/returns")
    ]
