"""Bodies of requests: JSON and nothing else, as it came or as fields."""

from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from app.errors import MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE, Problem
from app.models import check_body

_JSON = "application/json"

_Request = Request[Any, Any, Any]

Fields = TypeVar("Fields", bound=msgspec.Struct)


async def read_json(request: _Request) -> bytes:
    """The body, as it came. Errors: Problem 400, 415; Litestar's 413."""
    media_type, parameters = request.content_type
    charset = parameters.get("charset", "utf-8").lower()
    if media_type != _JSON or charset != "utf-8":
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json.", headers={"Accept-Post": _JSON}
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE, "The body must not be encoded.", headers={"Accept-Encoding": "identity"}
        )
    return await _read(request)


async def read_fields(request: _Request, model: type[Fields]) -> Fields:
    """The fields of the body; none at all stands for their defaults. Errors: as above, and Problem 422."""
    if not await _read(request):
        return model()
    return check_body(await read_json(request), model)


async def _read(request: _Request) -> bytes:
    try:
        return await request.body()
    except InternalServerException as error:  # Litestar's word for a client that went away
        raise Problem(MALFORMED_REQUEST, "The body broke off before its end.") from error
