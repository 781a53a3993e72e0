"""REST: what is kept of a customer, as an archive; and its erasure with a receipt.

The work goes over every package, which a door does not know: the application hands it to `install`.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, Annotated, Any, Protocol, cast

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.errors import Unavailable
from runtime.web import client_address

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])

Exporter = Annotated[Principal, Depends(allowed(Permission.EXPORT_CUSTOMERS))]
Eraser = Annotated[Principal, Depends(allowed(Permission.ERASE_CUSTOMERS))]
CustomerId = Annotated[str, Path(pattern=r"^CUST-[0-9A-Z]{8}$", examples=["CUST-7Q4K2M9X"])]
_CHUNK = 262_144


class Privacy(Protocol):
    """Each function opens transactions of its own."""

    def exported(self, customer_id: str, *, by: str, address: str) -> AbstractContextManager[IO[bytes]]: ...

    def erase(self, customer_id: str, *, by: str, address: str) -> Mapping[str, Any]: ...

    def read_receipt(self, customer_id: str) -> Mapping[str, Any]: ...


class ErasureReceipt(BaseModel):
    """`erased` counts what went, by kind. `tombstones`: identities whose past cannot be imported again.

    `seal` is a keyed digest of the rest, by which the receipt can be proven to be ours.
    """

    erasure_id: Annotated[str, Field(examples=["ERASURE-0123456789ABCDEF"])]
    customer_id: str
    requested_by: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    erased_at: datetime
    erased: Annotated[dict[str, int], Field(examples=[{"messages": 12, "files": 1}])]
    tombstones: Annotated[int, Field(examples=[1])]
    seal: str


def install(app: FastAPI, privacy: Privacy) -> None:
    app.state.privacy = privacy
    app.include_router(router)


def _privacy(request: Request) -> Privacy:
    found = getattr(request.app.state, "privacy", None)
    if found is None:
        raise Unavailable("This process cannot do it.")
    return cast(Privacy, found)


@router.get(
    "/{customer_id}/export",
    summary="Export all that is kept of a customer",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
def export_customer(customer_id: CustomerId, request: Request, exporter: Exporter) -> StreamingResponse:
    """A ZIP of JSON and files: profile, tickets, messages with their originals, what was learned, actions."""
    made = _privacy(request).exported(customer_id, by=exporter.public_id, address=client_address(request))
    archive = made.__enter__()  # Before the answer begins: what is wrong is told as an error.

    def chunks() -> Iterator[bytes]:
        try:
            while chunk := archive.read(_CHUNK):
                yield chunk
        finally:
            made.__exit__(None, None, None)

    headers = {
        "Content-Disposition": f'attachment; filename="{customer_id}.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(chunks(), media_type="application/zip", headers=headers)


@router.delete("/{customer_id}", summary="Erase a customer")
def erase_customer(customer_id: CustomerId, request: Request, eraser: Eraser) -> ErasureReceipt:
    """Everywhere, for good; again and again returns the first receipt. 409 while an action or reply is under way.

    Tickets stay as numbers without a word. A customer who writes again afterwards is a new one.
    """
    receipt = _privacy(request).erase(customer_id, by=eraser.public_id, address=client_address(request))
    return ErasureReceipt.model_validate(receipt)


@router.get("/{customer_id}/erasure", summary="Read the receipt of an erasure")
def read_erasure(customer_id: CustomerId, request: Request, _eraser: Eraser) -> ErasureReceipt:
    return ErasureReceipt.model_validate(_privacy(request).read_receipt(customer_id))
