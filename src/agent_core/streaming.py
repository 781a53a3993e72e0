"""Shows a chat's reply while the model writes it: each sentence once it has passed the checks of a whole reply.

Called by `workflow`. The rows that it writes are those of `tickets.partial_replies`.
"""

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue

from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from agent_core.drafting import SoFar
from agent_core.escalation import DraftFacts, reason_to_escalate
from agent_core.facts import gather, rule_book
from agent_core.output_filter import allowed_addresses, check_output
from agent_core.steps import check_grounding
from agent_core.triage import Triage
from llm.following import Follower
from runtime.database import transaction
from tickets import partial_replies
from tickets.contracts import Case, Channel

log = logging.getLogger(__name__)

_LEAST_GAP_S = 0.15
_LONGEST_STOP_S = 2.0

Follow = Callable[[SoFar], Follower]


def may_show(case: Case, triage: Triage, *, confidence: float, tool_failure: str | None = None) -> bool:
    """Whether a customer in a chat would get a reply that has no fault, by all that is known before it."""
    if case.channel is not Channel.WEB_CHAT or not case.claim_token:
        return False
    faultless = DraftFacts(empty=False, support=1.0, confidence=confidence, sources=1)
    return reason_to_escalate(gather(case, triage, faultless, tool_failure=tool_failure), rule_book()) is None


@contextmanager
def shown(case: Case, triage: Triage, *, wanted: bool) -> Iterator[Follow | None]:
    """What `draft_reply` is to be followed by; None where nothing is to be shown."""
    if not wanted:
        yield None
        return
    writers: list[_Writer] = []

    def follow(so_far: SoFar) -> Follower:
        writers.append(_Writer(case, triage.language, so_far))
        writers[-1].start()
        return writers[-1]

    try:
        yield follow
    finally:
        for writer in writers:
            writer.stop()


@dataclass
class _Writer:
    """Checks and writes on a thread of its own, so that neither keeps the model's stream waiting.

    Whatever it writes late is void, because its claim is.
    """

    case: Case
    language: str
    so_far: SoFar
    _inbox: "SimpleQueue[BaseModel | None]" = field(default_factory=SimpleQueue)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _sentences: list[BaseModel] = field(default_factory=list)
    _shown: str = ""
    _written_at: float = 0.0
    _given_up: bool = False

    def start(self) -> None:
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="partial-reply", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join(_LONGEST_STOP_S)

    def on_item(self, item: BaseModel) -> None:
        self._inbox.put(item)

    def on_restart(self) -> None:
        self._inbox.put(None)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take(self._inbox.get(timeout=partial_replies.HEARTBEAT_S))
            except Empty:
                self._keep()
                continue
            while not self._inbox.empty():
                self._take(self._inbox.get())
            if not self._stopping.is_set() and not self._given_up:
                self._update()

    def _take(self, news: BaseModel | None) -> None:
        if news is None:
            self._sentences.clear()
            self._given_up = False
        else:
            self._sentences.append(news)

    def _update(self) -> None:
        text = self._checked()
        if text == self._shown:
            self._keep()
            return
        self._stopping.wait(self._written_at + _LEAST_GAP_S - time.monotonic())
        if not self._stopping.is_set():
            self._write(text)

    def _checked(self) -> str:
        """What of the sentences so far would stand in the reply; empty when they may not be shown."""
        draft = check_grounding(self.so_far(self._sentences)).draft
        if not draft.claims:
            return ""
        fault = check_output(
            draft.text, self.case, draft.sources, language=self.language, allowed=allowed_addresses()
        )
        if fault is not None:
            self._given_up = True
            return ""
        return replace(draft, closing="").text

    def _write(self, text: str) -> None:
        try:
            with transaction() as session:
                if not text:
                    partial_replies.withdraw(session, self.case)
                elif not partial_replies.show(session, self.case, text):
                    self._given_up = True  # Another message came, or somebody took the ticket over.
        except SQLAlchemyError as error:
            log.warning("a reply is not shown while it is written: %s", type(error).__name__)
            return
        self._shown, self._written_at = text, time.monotonic()

    def _keep(self) -> None:
        if not self._shown or self._given_up:
            return
        try:
            with transaction() as session:
                partial_replies.keep(session, self.case)
        except SQLAlchemyError as error:
            log.warning("a reply that is shown cannot be kept up: %s", type(error).__name__)
