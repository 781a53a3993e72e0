"""A worker's process for tests of what several share: asks once for each line it reads, and says what came of it.

`python -m tests.llm.worker PREFIX`: the breakers are in Redis under this prefix.
"""

import json
import sys
from functools import lru_cache

from llm import breaker
from llm.ask import Prompt, ask
from llm.payer import billed_to
from llm.purposes import Purpose
from llm.state_store import RedisStore, Store
from runtime.settings import settings
from tests.llm.conftest import Triage


@lru_cache(maxsize=1)
def _store() -> Store:
    return RedisStore(settings().runtime.redis_url, prefix=sys.argv[1])


def main() -> None:
    breaker._store = _store
    print("ready", flush=True)
    for line in sys.stdin:
        prompt = Prompt(system="Classify.", user=f"Where is parcel {line}?", version="1")
        with billed_to(ticket_id=1, customer_id=1):
            answer = ask(
                Purpose.TRIAGE,
                prompt,
                Triage,
                local=lambda: Triage(category="general_inquiry", confidence=0.5),
            )
        position = breaker.breaker("anthropic").position()
        found = {"provider": answer.provider, "attempts": answer.attempts, "anthropic": position}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
