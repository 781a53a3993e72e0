"""REST for admins: API keys of programs."""

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from accounts import access, api_keys
from accounts.access import allowed
from accounts.api_keys import ListedKey, MadeKey, NewKey
from accounts.permissions import Permission, Principal
from api.paging import Cursor, Limit, page_of
from runtime.database import transaction

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])

Admin = Annotated[Principal, Depends(allowed(Permission.MANAGE_KEYS))]
KeyId = Annotated[str, Path(pattern=r"^KEY-[0-9]{1,18}$", examples=["KEY-7"])]
State = Literal["valid", "replaced", "expired", "revoked"]


class WantedKey(BaseModel):
    """`scopes`: at most what the caller may do. `alert_per_hour`: more uses in an hour raise an alert."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["web shop"])]
    scopes: Annotated[list[Permission], Field(min_length=1, examples=[["tickets:create", "tickets:read"]])]
    valid_days: Annotated[int, Field(ge=1, le=3650, examples=[365])] = 365
    alert_per_hour: Annotated[int | None, Field(ge=1, le=1_000_000_000, examples=[5000])] = None


class Rotation(BaseModel):
    """For how long the old secret opens beside the new one."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=720, examples=[24])] = api_keys.OVERLAP_H


class KeyView(BaseModel):
    """`used_today`: in the last 24 hours. `replaced_by` is its successor, from a rotation."""

    key_id: Annotated[str, Field(examples=["KEY-7"])]
    name: Annotated[str, Field(examples=["web shop"])]
    scopes: Annotated[list[Permission], Field(examples=[["tickets:read"]])]
    state: State
    used_today: int
    alert_per_hour: int | None
    last_used_at: datetime | None
    created_by: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    created_at: datetime
    expires_at: datetime | None
    replaced_by: Annotated[str | None, Field(examples=["KEY-8"])]


class NewKeyView(KeyView):
    """With its secret, which is shown this once."""

    secret: Annotated[str, Field(examples=["dfk_…"])]


class Keys(BaseModel):
    keys: list[KeyView]
    next_cursor: str | None


@router.get("", summary="List API keys")
def list_keys(_admin: Admin, limit: Limit = 200, cursor: Cursor = "") -> Keys:
    """The newest first. Secrets are never shown again."""
    with transaction() as session:
        found = api_keys.list_keys(session)
    shown, more = page_of(found, lambda one: [one.key.id], limit=limit, cursor=cursor, newest_first=True)
    return Keys(keys=[KeyView(**_fields(one)) for one in shown], next_cursor=more)


@router.post("", summary="Make an API key", status_code=201)
def create_key(body: WantedKey, admin: Admin) -> NewKeyView:
    new = NewKey(body.name, [str(one) for one in body.scopes], body.valid_days, body.alert_per_hour)
    with transaction() as session:
        return _made(api_keys.create(session, new, by=admin.public_id, may=admin.permissions))


@router.post("/{key_id}/rotate", summary="Replace an API key", status_code=201)
def rotate_key(key_id: KeyId, body: Rotation, admin: Admin) -> NewKeyView:
    """A successor with the same scopes and term. The old one opens until the overlap is over."""
    with transaction() as session:
        view = _made(
            api_keys.rotate(
                session, key_id, by=admin.public_id, overlap_h=body.overlap_hours, may=admin.permissions
            )
        )
    access.forget()
    return view


@router.delete("/{key_id}", summary="Revoke an API key", status_code=204)
def revoke_key(key_id: KeyId, admin: Admin) -> Response:
    """It opens nothing any more, everywhere within five seconds. Again and again changes nothing."""
    with transaction() as session:
        api_keys.revoke(session, key_id, by=admin.public_id)
    access.forget()
    return Response(status_code=204)


def _made(made: MadeKey) -> NewKeyView:
    return NewKeyView(**_fields(ListedKey(made.key, 0)), secret=made.secret)


def _fields(listed: ListedKey) -> dict[str, object]:
    key = listed.key
    return {
        "key_id": api_keys.public_id(key),
        "name": key.name,
        "scopes": key.scopes,
        "state": cast(State, listed.state),
        "used_today": listed.used_today,
        "alert_per_hour": key.alert_per_hour,
        "last_used_at": key.last_used_at,
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "replaced_by": f"KEY-{key.replaced_by}" if key.replaced_by else None,
    }
