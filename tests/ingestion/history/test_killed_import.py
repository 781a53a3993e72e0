"""An import whose process is killed again and again ends with exactly what an import in peace ends with."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from runtime.settings import settings
from tests.ingestion.history.exports import ANSWER, put, row, rows, table
from tests.ingestion.history.mails import archive, mail

DESKFLEET = Path(sys.executable).with_name("deskfleet")
KILLS = 3
_ASKED = 2_000  # So many that no import of all is done before the last kill.
_LONGEST_S = 0.3  # Some batches.

_TICKETS = """
select tickets.metadata ->> 'imported_id' as id, tickets.subject, tickets.status, tickets.owner, tickets.created_at,
    tickets.resolved_at, tickets.learned_at is null, last_seq, last_inbound_seq, handled_seq,
    array(select value from customer_identities where customer_id = tickets.customer_id),
    array(select seq || author || kind || text || created_at from messages where ticket_id = tickets.id order by seq)
from tickets where tickets.metadata ->> 'imported_id' like :mark order by 1
"""


def csv_export(mark: str) -> str:
    many = (row(number, status="odd" if number % 501 == 7 else "solved") for number in range(6_000))
    return table(*(f"{mark}-{one}" for one in many))


def mbox_export(mark: str) -> str:
    """All questions, and then all answers to them."""
    ours = settings().ingestion.address
    asked = [mail(f"{mark}-q{n}", sender=f"c{n}@example.com") for n in range(_ASKED)]
    answered = [
        mail(f"{mark}-a{n}", sender=ours, to=f"c{n}@example.com", text=ANSWER, answers=f"{mark}-q{n}", day=3)
        for n in range(_ASKED)
    ]
    return archive(*asked, mail(f"{mark}-bad", text=""), *answered)


def start(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [DESKFLEET, "import", str(path), "--json"],
        env={
            "DESKFLEET_DATABASE_URL": os.environ["DESKFLEET_DATABASE_URL"],
            "DESKFLEET_DATA": str(path.parent),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def position() -> int:
    [(found,)] = rows("select coalesce(max(position) filter (where finished_at is null), 0) from imports")
    return int(found)


def kill_soon(path: Path, chance: random.Random) -> int:
    """Start the import, kill it a moment after it has stored something more, and say how far it came."""
    before = position()
    process = start(path)
    while position() == before and process.poll() is None:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, _LONGEST_S))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"
    return position()


def snapshot(mark: str) -> list[str]:
    return [str(one).replace(mark, "mark") for one in rows(_TICKETS, mark=f"%{mark}-%")]


@pytest.mark.parametrize(
    ("ending", "export"), [("csv", csv_export), ("mbox", mbox_export)], ids=["csv", "mbox"]
)
def test_a_killed_import_goes_on_exactly(database: str, tmp_path: Path, ending: str, export: Any) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    calm = put(tmp_path, f"calm.{ending}", export("calm"))
    assert start(calm).wait() == 1
    killed = put(tmp_path, f"harm.{ending}", export("harm"))
    stops = [kill_soon(killed, chance) for _ in range(KILLS)]
    assert stops == sorted(set(stops)), stops
    assert start(killed).wait() == 1
    first, second = snapshot("calm"), snapshot("harm")
    assert len(first) > 800
    assert second == first
    told = [(tmp_path / f"{name}.{ending}.rejects.jsonl").read_text() for name in ("calm", "harm")]
    assert told[1] == told[0].replace("calm", "harm")
    counted = rows("select position, line, stored, duplicates, rejected, finished_at is null from imports")
    assert counted[0] == counted[1]
    assert rows("select count(*) from messages where delivery in ('queued', 'sending')") == [(0,)]
