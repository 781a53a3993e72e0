"""/health/live, /health/ready and /metrics: for probes and Prometheus."""

import importlib.metadata
import time

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from knowledge import retrieval
from runtime import database, jobs, limits, patience, telemetry
from runtime.knowledge_settings import Store
from runtime.settings import settings
from tickets import queries

router = APIRouter(tags=["health"])

_started = time.monotonic()
VERSION = importlib.metadata.version("deskfleet")


@router.get("/health/live", summary="The process runs")
def live() -> dict[str, str | float]:
    return {"status": "live", "version": VERSION, "uptime_s": round(time.monotonic() - _started, 1)}


@router.get("/health/ready", summary="The process and what it depends on", response_model=None)
def ready() -> JSONResponse:
    """Red when the database is away. Without a broker, Redis or Pinecone the work goes on, so they only show."""
    parts = {
        "database": database.is_alive(),
        "broker": jobs.is_alive(),
        "redis": limits.is_alive(),
    }
    if settings().knowledge.store is Store.PINECONE:
        parts["pinecone"] = retrieval.finds_by_meaning()
    for name, up in parts.items():
        telemetry.record_dependency(name, up=up)
    body = {
        "status": "ready" if parts["database"] else "not ready",
        "degraded": [name for name, up in parts.items() if not up],
        "parts": {name: "up" if up else "down" for name, up in parts.items()},
        "version": VERSION,
        "uptime_s": round(time.monotonic() - _started, 1),
    }
    return JSONResponse(body, status_code=200 if parts["database"] else 503)


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    try:
        with patience.at_most(patience.PROBE_S), database.transaction() as session:
            figures = queries.waiting(session)
    except SQLAlchemyError:
        figures = []
    for one in figures:
        telemetry.record_waiting(
            one.owner, count=one.count, oldest_s=one.oldest_s, oldest_critical_s=one.oldest_critical_s
        )
    return Response(telemetry.exposition(), media_type=telemetry.METRICS_TYPE)
