"""Problems: every exception as `application/problem+json`, whoever raised it, and what each type means."""

from typing import Any
from urllib.parse import quote

import psycopg
import structlog
from litestar import Request, Response, Router, get
from litestar.exceptions import HTTPException

from app.answers import ProblemDescription, ProblemDetails
from app.errors import (
    CONTENT_TOO_LARGE,
    INTERNAL_ERROR,
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    PROBLEM_TYPES,
    Problem,
    as_problem,
)
from app.openapi import Reply, describe

_CACHE_SECONDS = 3600

_log = structlog.get_logger()

# What Litestar itself refuses. Any other 4xx of its own is a request that it could not read.
_BY_STATUS = {problem.status: problem for problem in (NOT_FOUND, METHOD_NOT_ALLOWED, CONTENT_TOO_LARGE)}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
    """The answer to a request that ended in any exception."""
    problem = _refusal(error) if isinstance(error, HTTPException) else as_problem(error)
    state = request.scope["state"]
    state["problem"] = problem.kind.slug
    if problem.kind is INTERNAL_ERROR:
        _log.error("request failed", request_id=state["request_id"], exc_info=error)
    elif isinstance(error, psycopg.Error):
        state["sqlstate"] = error.sqlstate or type(error).__name__
    return Response(
        ProblemDetails(
            type=problem.kind.address,
            title=problem.kind.title,
            status=problem.kind.status,
            detail=problem.detail,
            instance=quote(request.scope["path"]),
            request_id=state["request_id"],
            errors=problem.errors,
        ),
        status_code=problem.kind.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _refusal(error: HTTPException) -> Problem:
    if error.status_code >= 500:
        return as_problem(error)
    headers = {name: str(value) for name, value in (error.headers or {}).items()}
    return Problem(_BY_STATUS.get(error.status_code, MALFORMED_REQUEST), error.detail, headers=headers)


@get(
    "/{slug:str}",
    summary="What a problem means",
    operation_class=describe({200: Reply("The type of problem", ProblemDescription)}, problems=[NOT_FOUND]),
    sync_to_thread=False,
)
def describe_problem(slug: str) -> Response[ProblemDescription]:
    """A type of problem, at the address that is the `type` of such answers, and what to do about it."""
    if slug not in PROBLEM_TYPES:
        raise Problem(NOT_FOUND, "There is no such problem.")
    kind = PROBLEM_TYPES[slug]
    described = ProblemDescription(
        type=kind.address, title=kind.title, status=kind.status, remedy=kind.remedy
    )
    return Response(described, headers={"Cache-Control": f"public, max-age={_CACHE_SECONDS}"})


ROUTER = Router("/problems", route_handlers=[describe_problem], tags=["Problems"])
