"""/metrics: what Prometheus scrapes."""

import asyncio
import hmac
from typing import Any

from litestar import Request, Response, Router, get
from prometheus_client import CONTENT_TYPE_LATEST

from app import metrics
from app.errors import UNAUTHENTICATED, Problem
from app.openapi import TextReply, describe
from app.service_status import DatabaseMetrics

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="molam-connect metrics"'}

_EXAMPLE = """\
# HELP molam_pending_events Events that wait for the rollup.
# TYPE molam_pending_events gauge
molam_pending_events 0.0
"""


@get(
    "/metrics",
    summary="Metrics",
    operation_class=describe(
        {200: TextReply("Prometheus' text format", "text/plain", _EXAMPLE)}, problems=[UNAUTHENTICATED]
    ),
    security=[{}, {"MetricsToken": []}],
)
async def get_metrics(request: Request[Any, Any, Any], database_metrics: DatabaseMetrics) -> Response[bytes]:
    """What all processes of this service have counted, and what the database says; nothing of any merchant's.

    With MOLAM_METRICS_TOKEN set, that bearer token is asked for.
    """
    _check_token(request)
    counted = await asyncio.to_thread(metrics.expose)
    told = metrics.expose_metrics(await database_metrics.get())
    return Response(counted + told, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _check_token(request: Request[Any, Any, Any]) -> None:
    token: str | None = request.app.state.metrics_token
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Problem(
            UNAUTHENTICATED, "Send the token of MOLAM_METRICS_TOKEN as a bearer.", headers=_CHALLENGE
        )


ROUTER = Router("/", route_handlers=[get_metrics], tags=["Health"])
