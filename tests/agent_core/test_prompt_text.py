"""What the prompts say is known, so that it can be kept in."""

from pathlib import Path

from agent_core import prompt_text

FOLDER = Path(prompt_text.__file__).parent / "prompts"


def test_every_fence_of_every_prompt_is_known() -> None:
    for file in FOLDER.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith("</"):
                assert line.strip("</>") in prompt_text.fences(), file


def test_seven_words_of_a_prompt_in_a_row_are_known_and_fewer_are_not() -> None:
    words = (FOLDER / "reply.md").read_text(encoding="utf-8").split("Rules:")[1].split()[:30]
    assert prompt_text.phrases_of(" ".join(words)) <= prompt_text.phrases()
    assert prompt_text.phrases_of(" ".join(words[:6])) == set()
    assert (
        not prompt_text.phrases_of("Delivery takes three days to most places in Europe.")
        & prompt_text.phrases()
    )


def test_what_strangers_write_stands_in_a_fence_in_every_prompt() -> None:
    """Placeholders of the user part that are not the desk's own words are inside of tags."""
    ours = {"desk", "language", "form", "categories"}
    for file in FOLDER.glob("*.md"):
        open_tags: list[str] = []
        for line in file.read_text(encoding="utf-8").partition("\n---\n")[2].splitlines():
            for token in line.replace("<", " <").replace(">", "> ").split():
                if token.startswith("</"):
                    assert open_tags.pop() == token.strip("</>")
                elif token.startswith("<"):
                    open_tags.append(token.strip("<>"))
                elif token.startswith("{") and token.strip("{}") not in ours:
                    assert open_tags, f"{file.name}: {token}"
        assert open_tags == []
