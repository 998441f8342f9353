"""The body of a request as handlers want it: of a media type that they know, decoded, within the limit."""

import zlib
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException

from app.errors import CONTENT_TOO_LARGE, MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE, Problem

JSON = "application/json"
NDJSON = "application/x-ndjson"

# RFC 9110, section 8.4.1.3: both names mean the same.
_GZIP = ("gzip", "x-gzip")
_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


async def read_body(request: Request[Any, Any, Any], *media_types: str) -> bytes:
    """The body, decompressed: UTF-8 text of one of the media types; its form is not checked.

    The limit of the request's size holds for what was sent and for what comes out of it.
    Errors: Problem 400, 413, 415; Litestar's 413.
    """
    _check_media_type(request, media_types)
    coding = ",".join(request.headers.getall("content-encoding", ())).strip().lower()
    if coding not in ("", "identity", *_GZIP):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            "Content-Encoding must be gzip, or the body not encoded.",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    try:
        body = await request.body()
    except InternalServerException as error:  # Litestar's word for a client that went away
        raise Problem(MALFORMED_REQUEST, "The body broke off before its end.") from error
    if coding in _GZIP:
        limit = request.route_handler.resolve_request_max_body_size()
        assert limit is not None  # the application sets one
        return _gunzip(body, limit)
    return body


def _check_media_type(request: Request[Any, Any, Any], media_types: tuple[str, ...]) -> None:
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
