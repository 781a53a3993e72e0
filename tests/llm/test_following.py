"""An answer's list, element by element, while real SDKs read it from vendors' stubs."""

import json
import time
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel, Field

from llm.ask import Answer, Prompt, ask
from llm.following import ListReader, list_of
from llm.purposes import Purpose
from tests.llm.conftest import Configure, Vendors
from tests.stubs.model_stub import Behaviour, cut, dripping, ok, refusal, status, text


class Sentence(BaseModel):
    text: str = Field(min_length=1)
    sources: list[int] = []


class Reply(BaseModel):
    """A reply, sentence by sentence."""

    mood: str = ""
    sentences: list[Sentence]


ONE, TWO, THREE = "It takes 3 days.", 'Say "now", or {wait}.', "Ask us [again]."
WHOLE = {"mood": "sentences", "sentences": [{"text": one, "sources": [1]} for one in (ONE, TWO, THREE)]}
BROKEN = json.dumps(WHOLE)[: json.dumps(WHOLE).index(THREE)] + "x" * 40
AFTER_TWO = json.dumps(WHOLE).index(THREE) // 12  # The stubs send twelve characters at a time.
PROMPT = Prompt(system="Answer.", user="How long?", version="1")


@dataclass
class Seen:
    """What a follower was told, and when."""

    told: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def on_item(self, item: BaseModel) -> None:
        assert isinstance(item, Sentence)
        self._note(item.text)

    def on_restart(self) -> None:
        self._note("restart")

    def _note(self, what: str) -> None:
        self.told.append(what)
        self.at.append(time.monotonic())


def asked(seen: Seen) -> Answer[Reply]:
    offline = Reply(sentences=[Sentence(text="Offline.")])
    return ask(Purpose.REPLY, PROMPT, Reply, local=lambda: offline, follower=seen)


def only_from(vendors: Vendors, name: str) -> None:
    """Those that are asked before the one of this name fail at once."""
    for stub in (vendors.claude, vendors.gpt, vendors.ollama)[: ("claude", "gpt", "ollama").index(name)]:
        stub.then(status(400))


@pytest.mark.parametrize("name", ["claude", "gpt", "ollama"])
def test_each_sentence_is_handed_over_while_the_rest_is_written(vendors: Vendors, name: str) -> None:
    only_from(vendors, name)
    getattr(vendors, name).then(dripping(WHOLE, piece_every_s=0.05))
    seen = Seen()
    answer = asked(seen)
    ended = time.monotonic()
    assert seen.told == [ONE, TWO, THREE] == [one.text for one in answer.value.sentences]
    assert seen.at[1] - seen.at[0] > 0.05
    assert ended - seen.at[0] > 0.2, "the first sentence came with the last"


@pytest.mark.parametrize(
    ("first", "handed"),
    [
        (cut(WHOLE, after_pieces=AFTER_TWO), [ONE, TWO]),
        (ok(BROKEN), [ONE, TWO]),
        (status(529), []),
        (refusal(), []),
    ],
    ids=["cut", "malformed", "529", "refusal"],
)
def test_what_a_failed_answer_had_said_is_void(vendors: Vendors, first: Behaviour, handed: list[str]) -> None:
    vendors.claude.then(first, status(500))
    vendors.gpt.then(ok(WHOLE))
    seen = Seen()
    assert asked(seen).provider == "openai"
    void = ["restart"] if handed else []
    assert seen.told == [*handed, *void, ONE, TWO, THREE]


def test_a_repaired_answer_begins_again(vendors: Vendors) -> None:
    vendors.claude.then(ok(BROKEN), ok(WHOLE))
    seen = Seen()
    assert asked(seen).provider == "anthropic"
    assert seen.told == [ONE, TWO, "restart", ONE, TWO, THREE]


def test_the_local_answer_is_not_handed_over_but_what_was_shown_before_is_void(
    vendors: Vendors, configure: Configure
) -> None:
    configure(OPENAI_API_KEY="", DESKFLEET_COMPATIBLE_URL="")
    vendors.claude.then(cut(WHOLE, after_pieces=AFTER_TWO))
    seen = Seen()
    assert asked(seen).provider == "local"
    assert seen.told == [ONE, TWO, "restart"]


def test_an_element_that_is_not_valid_ends_the_handing_over(vendors: Vendors) -> None:
    wrong = {"sentences": [{"text": ONE}, {"text": ""}, {"text": TWO}]}
    vendors.claude.then(ok(wrong), ok(WHOLE))
    seen = Seen()
    asked(seen)
    assert seen.told == [ONE, "restart", ONE, TWO, THREE]


def test_words_around_the_answer_do_no_harm(vendors: Vendors) -> None:
    for stub in (vendors.claude, vendors.gpt):
        stub.then(status(400))
    vendors.ollama.then(text(f'Here "it" is [as asked]:\n```json\n{json.dumps(WHOLE)}\n```'))
    seen = Seen()
    asked(seen)
    assert seen.told == [ONE, TWO, THREE]


def test_claude_is_told_to_send_a_list_piece_by_piece(vendors: Vendors) -> None:
    vendors.claude.then(ok(WHOLE))
    asked(Seen())
    (tool,) = vendors.claude.received[0].body["tools"]
    assert (tool["name"], tool["eager_input_streaming"]) == ("Reply", True)
    assert tool["input_schema"]["properties"]["sentences"]["type"] == "array"


def read(raw: str, size: int) -> list[str]:
    reader = ListReader("sentences")
    pieces = (raw[at : at + size] for at in range(0, len(raw), size))
    return [element for piece in pieces for element in reader.read(piece)]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_elements_are_the_same_however_the_text_is_cut(size: int) -> None:
    odd = {
        "other": [{"text": "no"}],
        "sentences": [
            {"text": 'quote " brace } bracket ] \\', "sources": [1, 2], "more": {"deep": [{"a": 1}]}},
            {"text": "größer 日本"},
        ],
        "last": [{"text": "no"}],
    }
    for ascii_only in (True, False):
        found = read(json.dumps(odd, ensure_ascii=ascii_only), size)
        assert [json.loads(one) for one in found] == odd["sentences"]


@pytest.mark.parametrize(
    "raw", ["", "no JSON", "]}]}", '{"sentences": "[{}]"', '[{"text": "x"}]', '{"sentences": {"a": [{}]}}']
)
def test_where_there_is_no_such_list_nothing_is_found(raw: str) -> None:
    assert read(raw, 2) == []


def test_a_long_answer_takes_time_in_proportion_to_its_length() -> None:
    def seconds(count: int) -> float:
        raw = json.dumps({"sentences": [{"text": "[{" * 100}] * count})
        began = time.process_time()
        assert len(read(raw, 12)) == count
        return time.process_time() - began

    seconds(50)
    assert seconds(800) < 16 * max(seconds(100), 0.002)


def test_a_type_without_a_list_of_models_has_nothing_to_follow() -> None:
    class Plain(BaseModel):
        tags: list[str]

    assert list_of(Plain)[0] == ""
    assert list_of(Reply) == ("sentences", Sentence)
