"""Exceptions to answers: `application/problem+json` for all of them, whoever raised them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from app.errors import (
    CONTENT_TOO_LARGE,
    INTERNAL_ERROR,
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    FieldError,
    Problem,
    as_problem,
)

_log = structlog.get_logger()

# What Litestar itself refuses. Any other 4xx of its own is a request that it could not read.
_BY_STATUS = {problem.status: problem for problem in (NOT_FOUND, METHOD_NOT_ALLOWED, CONTENT_TOO_LARGE)}


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """The body of every answer that is an error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: Sequence[FieldError] | msgspec.Raw = ()


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
            type=f"/problems/{problem.kind.slug}",
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
