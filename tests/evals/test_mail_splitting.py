"""How well new text is told from quotations and signatures on public sets of labelled mails."""

import pytest

from tests.evals.mail_scoring import MAILS, SETS, Check

pytestmark = pytest.mark.skipif(not MAILS.is_dir(), reason="the sets of mails are not on this machine")

LEAST = {
    "discourse_email_reply_trimmer": 0.94,
    "crisp_email_reply_parser": 0.95,
    "github_email_reply_parser": 0.95,
    "mailgun_talon replies": 0.95,
    "mailgun_talon html": 0.9,
    "mailgun_talon signatures": 0.9,
}


@pytest.mark.parametrize("name", SETS)
def test_mails_are_split_as_their_labels_say(name: str) -> None:
    checks = list(SETS[name]())
    share = sum(check.holds for check in checks) / len(checks)
    print(f"\n{name}: {share:.3f} of {len(checks)} expectations, failed: {_failed(checks)}")
    assert share >= LEAST[name]


def _failed(checks: list[Check]) -> list[str]:
    return sorted({check.case for check in checks if not check.holds})
