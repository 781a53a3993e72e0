"""The one permission table: what each role may do, and which scopes an API key can carry."""

from dataclasses import dataclass
from enum import StrEnum

from runtime.errors import Forbidden


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    AGENT = "agent"
    READONLY = "readonly"


class Permission(StrEnum):
    CREATE_TICKETS = "tickets:create"
    ASSERT_CUSTOMERS = "customers:assert"
    READ_TICKETS = "tickets:read"
    WORK_TICKETS = "tickets:work"
    APPROVE_ACTIONS = "actions:approve"
    READ_KNOWLEDGE = "knowledge:read"
    WRITE_KNOWLEDGE = "knowledge:write"
    READ_VAULT = "vault:read"
    EXPORT_CUSTOMERS = "customers:export"
    ERASE_CUSTOMERS = "customers:erase"
    MANAGE_USERS = "users:manage"
    MANAGE_KEYS = "keys:manage"
    READ_AUDIT = "audit:read"
    READ_FIGURES = "figures:read"
    MANAGE_DESK = "desk:manage"


_READS = frozenset({Permission.READ_TICKETS, Permission.READ_KNOWLEDGE})
_WORKS = _READS | {
    Permission.CREATE_TICKETS,
    Permission.ASSERT_CUSTOMERS,
    Permission.WORK_TICKETS,
    Permission.APPROVE_ACTIONS,
}
_LEADS = _WORKS | {
    Permission.WRITE_KNOWLEDGE,
    Permission.READ_VAULT,
    Permission.EXPORT_CUSTOMERS,
    Permission.READ_FIGURES,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.READONLY: _READS,
    Role.AGENT: _WORKS,
    Role.MANAGER: _LEADS,
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True)
class Principal:
    """Who is asking: one of the staff, or a program with a key."""

    public_id: str
    name: str
    permissions: frozenset[Permission]
    user_id: int | None = None

    def require(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise Forbidden(f"{self.name} may not do this: it needs {permission}.")
