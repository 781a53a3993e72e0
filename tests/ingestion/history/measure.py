"""Speed and memory of an import: `python -m tests.ingestion.history.measure FORMAT [TICKETS]` on the database of
the settings. Writes an export, imports it with the real command, and prints tickets a second and the greatest RSS."""

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_QUESTION = "My kettle from order A-{0} shows error {1}. I tried it with fresh water and another socket. " * 3
_ANSWER = "Please hold the red button for {1} seconds, empty the tank, and descale it with citric acid. " * 4
_SECOND = 60
_DAY = "2024-01-{0:02d}T10:00:00Z"


def write_csv(file: TextIO, count: int) -> None:
    table = csv.writer(file)
    table.writerow(["ticket_id", "email", "name", "subject", "question", "answer", "status", "created_at"])
    for one in range(count):
        said = [text.format(one, one % 97) for text in (f"Error {one % 97}", _QUESTION, _ANSWER)]
        table.writerow([one, _address(one), f"Customer {one}", *said, "solved", _DAY.format(one % 28 + 1)])


def write_jsonl(file: TextIO, count: int) -> None:
    for one in range(count):
        row = {"id": one, "email": _address(one), "subject": f"Error {one % 97}", "status": "closed"}
        row |= {"question": _QUESTION.format(one, one % 97), "answer": _ANSWER.format(one, one % 97)}
        file.write(json.dumps(row | {"created_at": _DAY.format(one % 28 + 1)}) + "\n")


def write_zendesk(file: TextIO, count: int) -> None:
    """One object on one line: what has to be cut into pieces to be read in bounded memory."""
    file.write('{"tickets": [')
    for one in range(count):
        file.write("," * bool(one) + json.dumps(_zendesk(one)))
    file.write('], "users": [')
    people = [
        {"id": 10_000 + n, "name": "Bob", "email": _address(n), "role": "end-user"} for n in range(5_000)
    ]
    file.write(
        ",".join(
            map(json.dumps, [*people, {"id": 1, "name": "Carol", "email": "c@desk.example", "role": "agent"}])
        )
    )
    file.write('], "count": 1}')


def _zendesk(one: int) -> dict[str, object]:
    day = _DAY.format(one % 28 + 1)
    texts = (
        (10_000 + one % 5_000, _QUESTION),
        (1, _ANSWER),
        (10_000 + one % 5_000, "Thank you, that was it."),
    )
    comments = [
        {
            "id": place,
            "author_id": author,
            "plain_body": text.format(one, one % 97),
            "public": True,
            "created_at": day,
        }
        for place, (author, text) in enumerate(texts)
    ]
    return {
        "id": one, "requester_id": 10_000 + one % 5_000, "assignee_id": 1, "subject": f"Error {one % 97}",
        "status": "closed", "created_at": day, "updated_at": day, "tags": ["kettle"], "comments": comments,
    }  # fmt: skip


def write_mbox(file: TextIO, count: int) -> None:
    """All questions first, then all answers: threads a whole archive apart."""
    for one in range(count):
        subject, text = f"Error {one % 97}", _QUESTION.format(one, one % 97)
        mail = f"From: {_address(one)}\nTo: support@localhost\nMessage-ID: <q{one}@example.com>\n"
        file.write(f"{_POSTMARK}{mail}{_DATE}Subject: {subject}\n\n{text}\n\n")
    for one in range(count):
        mail = f"From: support@localhost\nTo: {_address(one)}\nMessage-ID: <a{one}@localhost>\n"
        mail += f"In-Reply-To: <q{one}@example.com>\nReferences: <q{one}@example.com>\n"
        file.write(f"{_POSTMARK}{mail}{_DATE}Subject: Re\n\n{_ANSWER.format(one, one % 97)}\n\n")


_POSTMARK = "From MAILER-DAEMON Mon Jan  1 10:00:00 2024\n"
_DATE = "Date: Mon, 01 Jan 2024 10:00:00 +0000\n"


def _address(one: int) -> str:
    return f"customer{one % 5_000}@example.com"


_WRITERS: dict[str, tuple[Callable[[TextIO, int], None], str]] = {
    "csv": (write_csv, ".csv"),
    "jsonl": (write_jsonl, ".jsonl"),
    "zendesk": (write_zendesk, ".json"),
    "mbox": (write_mbox, ".mbox"),
}


def _peak_mb(pid: int) -> float:
    """The most memory that the process itself has had so far."""
    with suppress(OSError, IndexError):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    return 0.0


def main(form: str, count: int) -> None:
    write, ending = _WRITERS[form]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export{ending}"
        with path.open("w", encoding="utf-8", newline="") as file:
            write(file, count)
        size = path.stat().st_size
        started = time.monotonic()
        command = [str(Path(sys.executable).with_name("deskfleet")), "import", str(path), "--json"]
        process = subprocess.Popen(command)
        rss = 0.0
        while process.poll() is None:
            rss = max(rss, _peak_mb(process.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - started
    print(
        f"{form}: {count} tickets, {size / 1e6:.0f} MB, {seconds:.1f} s, {count / seconds:.0f}/s, {rss:.0f} MB RSS"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
