"""What is kept of a customer: looked over, exported, and erased with a receipt.

The work goes over every package, which a door does not know: the application gives it as `app.state.privacy`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Annotated, Any, Protocol, cast

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from accounts.permissions import Permission
from console import queue
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput, NotFound, Unavailable
from runtime.web import client_address

router = APIRouter(prefix="/customers")
CustomerId = Annotated[str, Path(pattern=r"^CUST-[0-9A-Z]{8}$")]
_CHUNK = 262_144


class Found(Protocol):
    """How much there is of a customer, by kind."""

    customer_id: str
    name: str
    identities: list[str]
    counts: dict[str, int]


class Privacy(Protocol):
    """Each function opens transactions of its own."""

    def preview(self, customer_id: str) -> Found: ...

    def exported(self, customer_id: str, *, by: str, address: str) -> AbstractContextManager[IO[bytes]]: ...

    def erase(self, customer_id: str, *, by: str, address: str) -> Mapping[str, Any]: ...

    def read_receipt(self, customer_id: str) -> Mapping[str, Any]: ...


def _exporter(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.EXPORT_CUSTOMERS)
    return viewer


def _export_poster(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.EXPORT_CUSTOMERS)
    return viewer


def _eraser(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.ERASE_CUSTOMERS)
    return viewer


Exporting = Annotated[Viewer, Depends(_exporter)]


@router.get("/{customer_id}/privacy")
def show_customer(request: Request, viewer: Exporting, customer_id: CustomerId) -> Response:
    """What there is, or the receipt when it was erased."""
    try:
        _of(request).read_receipt(customer_id)
    except NotFound:
        return _page(request, viewer, customer_id)
    return RedirectResponse(f"/console/customers/{customer_id}/receipt", status_code=303)


@router.post("/{customer_id}/privacy/export")
def export_customer(
    request: Request, viewer: Annotated[Viewer, Depends(_export_poster)], customer_id: CustomerId
) -> Response:
    """A form, so that nothing that fetches ahead makes an export of somebody."""
    address = client_address(request)
    made = _of(request).exported(customer_id, by=viewer.principal.public_id, address=address)
    archive = made.__enter__()  # Before the answer begins: what is wrong is told as an error.

    def chunks() -> Iterator[bytes]:
        try:
            while chunk := archive.read(_CHUNK):
                yield chunk
        finally:
            made.__exit__(None, None, None)

    return StreamingResponse(chunks(), media_type="application/zip", headers=_download(f"{customer_id}.zip"))


@router.post("/{customer_id}/privacy/erase")
def erase_customer(
    request: Request,
    viewer: Annotated[Viewer, Depends(_eraser)],
    customer_id: CustomerId,
    typed: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """For good, so the customer's id is to be typed."""
    try:
        if typed.strip().upper() != customer_id:
            raise InvalidInput(f"Type {customer_id} to erase this customer.", field="typed")
        receipt = _of(request).erase(
            customer_id, by=viewer.principal.public_id, address=client_address(request)
        )
    except InvalidInput as error:
        return _page(request, viewer, customer_id, error=error, status=422)
    except Conflict as error:
        return _page(request, viewer, customer_id, error=error, status=409)
    # Of a customer who was merged, the one that is left was erased.
    return RedirectResponse(f"/console/customers/{receipt['customer_id']}/receipt", status_code=303)


@router.get("/{customer_id}/receipt")
def show_receipt(request: Request, viewer: Exporting, customer_id: CustomerId) -> Response:
    receipt = _of(request).read_receipt(customer_id)
    return _rendered(request, viewer, "erasure_receipt.html", customer_id=customer_id, receipt=receipt)


@router.get("/{customer_id}/receipt.json")
def download_receipt(request: Request, _viewer: Exporting, customer_id: CustomerId) -> Response:
    """As it was sealed, to be kept and proven later."""
    text = json.dumps(dict(_of(request).read_receipt(customer_id)), indent=2)
    return Response(text, media_type="application/json", headers=_download(f"{customer_id}-erasure.json"))


def _of(request: Request) -> Privacy:
    found = getattr(request.app.state, "privacy", None)
    if found is None:
        raise Unavailable("This process cannot do it.")
    return cast(Privacy, found)


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def _page(
    request: Request,
    viewer: Viewer,
    customer_id: str,
    *,
    error: DeskfleetError | None = None,
    status: int = 200,
) -> HTMLResponse:
    return _rendered(
        request,
        viewer,
        "customer_privacy.html",
        status=status,
        customer_id=customer_id,
        found=_of(request).preview(customer_id),
        may_erase=Permission.ERASE_CUSTOMERS in viewer.principal.permissions,
        error=error.detail if error else "",
    )


def _rendered(
    request: Request, viewer: Viewer, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
    shown: dict[str, Any] = {"views": queue.VIEWS, "counts": counts, **values}
    return render(request, template, viewer=viewer, status=status, **shown)
