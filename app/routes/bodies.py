"""Bodies of requests: of a media type that the handler knows, decompressed, within the limit."""

import zlib
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.types import HTTPReceiveMessage

from app.errors import CONTENT_TOO_LARGE, MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE, Problem
from app.models import check_body
from app.openapi import JSON

# RFC 9110, section 8.4.1.3: both names mean the same.
_GZIP = ("gzip", "x-gzip")
_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS

_Request = Request[Any, Any, Any]

Fields = TypeVar("Fields", bound=msgspec.Struct)


async def read_body(request: _Request, *media_types: str) -> bytes:
    """The body, decompressed: of one of the media types, in UTF-8; its form is not checked.

    The limit of a body's size holds for what was sent and for what comes out of it.
    Errors: Problem 400, 413, 415.
    """
    _check_media_type(request, media_types)
    body = await _read(request)
    return _gunzip(body, _limit(request)) if _is_gzip(request) else body


async def read_fields(request: _Request, model: type[Fields]) -> Fields:
    """The fields of a JSON body; none at all stands for their defaults. Errors: as above, and Problem 422."""
    body = await _read(request)
    is_gzip = _is_gzip(request)
    if not body:
        return model()
    _check_media_type(request, (JSON,))
    return check_body(_gunzip(body, _limit(request)) if is_gzip else body, model)


async def _read(request: _Request) -> bytes:
    """The body as it was sent.

    Not by Litestar, which asks the server for more when all is there that was announced: with events as small
    as ours the useless question takes as long as the first.
    """
    limit, announced = _limit(request), request.content_length
    chunks: list[bytes] = []
    size, is_more = 0, True
    while is_more and size != announced and max(size, announced or 0) <= limit:
        message = cast(HTTPReceiveMessage, await request.receive())
        if message["type"] == "http.disconnect":
            raise Problem(MALFORMED_REQUEST, "The body broke off before its end.")
        chunks.append(message["body"])
        size += len(message["body"])
        is_more = message["more_body"]
    if max(size, announced or 0) > limit:
        raise Problem(CONTENT_TOO_LARGE, f"The body must not have more than {limit} bytes.")
    return b"".join(chunks)


def _limit(request: _Request) -> int:
    limit = request.route_handler.resolve_request_max_body_size()
    assert limit is not None  # the application sets one
    return limit


def _is_gzip(request: _Request) -> bool:
    if "content-encoding" not in request.headers:
        return False
    coding = ",".join(request.headers.getall("content-encoding")).strip().lower()
    if coding not in ("", "identity", *_GZIP):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            "Content-Encoding must be gzip, or the body not encoded.",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    return coding in _GZIP


def _check_media_type(request: _Request, media_types: tuple[str, ...]) -> None:
    if request.headers.get("content-type") in media_types:  # as nearly always, and soon told
        return
    media_type, parameters = request.content_type
    if media_type not in media_types or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type must be {' or '.join(media_types)}.",
            headers={"Accept-Post": ", ".join(media_types)},
        )


def _gunzip(body: bytes, limit: int) -> bytes:
    """Never more than a byte above the limit is inflated, whatever the body promises."""
    inflater = zlib.decompressobj(_GZIP_WINDOW_BITS)
    try:
        text = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise Problem(MALFORMED_REQUEST, "The body is not gzip, or was damaged on its way.") from error
    if len(text) > limit:
        raise Problem(CONTENT_TOO_LARGE, f"The body holds more than {limit} bytes when decompressed.")
    if not inflater.eof:
        raise Problem(MALFORMED_REQUEST, "The gzip body broke off before its end.")
    if inflater.unused_data:
        raise Problem(MALFORMED_REQUEST, "Something follows the gzip body: it must have one member.")
    return text
