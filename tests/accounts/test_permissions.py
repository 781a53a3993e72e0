"""What each role may do."""

from itertools import pairwise

import pytest

from accounts.permissions import ROLES, Permission, Principal, Role
from runtime.errors import Forbidden


def test_every_role_may_do_what_the_one_below_it_may() -> None:
    ladder = [ROLES[role] for role in (Role.READONLY, Role.AGENT, Role.MANAGER, Role.ADMIN)]
    assert all(below < above for below, above in pairwise(ladder))


def test_who_only_reads_changes_nothing() -> None:
    assert all(permission.endswith(":read") for permission in ROLES[Role.READONLY])


def test_users_are_managed_by_admins_alone() -> None:
    assert [role for role in Role if Permission.MANAGE_USERS in ROLES[role]] == [Role.ADMIN]


def test_a_refusal_names_who_and_what_is_missing() -> None:
    bob = Principal("AGENT-1", "Bob", ROLES[Role.READONLY])
    bob.require(Permission.READ_TICKETS)
    with pytest.raises(Forbidden, match="Bob may not do this: it needs tickets:work"):
        bob.require(Permission.WORK_TICKETS)
