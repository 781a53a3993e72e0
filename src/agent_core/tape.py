"""What the steps of an answer gave: recorded while it is made, given back when the decision is reproduced.

On the tape is what comes from outside (models, searches, the shop, lists that change); what follows from it by our own
code is not, so that a reproduction runs that code again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from llm.budget import BudgetSpent
from runtime.errors import Conflict

T = TypeVar("T")

_SPENT = "budget_spent"


@dataclass(frozen=True)
class Form(Generic[T]):
    """How the result of a step is written as JSON, and read again."""

    write: Callable[[T], Any]
    read: Callable[[Any], T]


def form_of(kind: type[T]) -> Form[T]:
    """Of a dataclass, or a collection of them, whose fields say all there is to it."""
    adapter = TypeAdapter(kind)
    return Form(lambda value: adapter.dump_python(value, mode="json"), adapter.validate_python)


@dataclass
class Tape:
    """`given` None: it records. Else it gives back, and no step is done."""

    given: Mapping[str, Any] | None = None
    steps: dict[str, Any] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        return self.given is not None

    def step(self, name: str, form: Form[T], do: Callable[[], T]) -> T:
        """What this step gives. Raises Conflict where a given tape does not hold it: the code took another way."""
        if self.given is None:
            found = do()
            self.steps[name] = form.write(found)
            return found
        if name in self.given:
            return form.read(self.given[name])
        if _SPENT in self.given:
            raise BudgetSpent("The budget for language models was used up.")
        raise Conflict(f"The record holds no step {name}: the code of today takes another way.")

    def note_spent(self) -> None:
        """The budget ended the answer at the step that is not on the tape."""
        self.steps[_SPENT] = True
