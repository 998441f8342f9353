"""Ingest: a request's own bytes are checked and handed to the database, whose answer is passed back."""

import re
from typing import Any

import msgspec
from litestar import Request, Response, Router, post
from litestar.exceptions import InternalServerException

from app import metrics
from app.auth import Caller, require_events_caller
from app.database import Database
from app.errors import (
    EVENT_CONFLICT,
    MALFORMED_REQUEST,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED,
    FieldError,
    Problem,
    invalid,
)
from app.models import Event, check_event, check_events

_JSON = "application/json"

_Request = Request[Caller, Any, Any]


@post("/transaction", summary="Send one event", status_code=202)
async def ingest_event(request: _Request, database: Database) -> Response[bytes]:
    """Stores one event, exactly once.

    202 when it is new, 200 with the first `event_id` when it was sent before, 409 when it was sent before
    with other values. The header `Idempotency-Key` stands for the field `idempotency_key`.
    """
    body = await _read_json(request)
    event = check_event(body)
    key = _idempotency_key(request, event)
    outcome, answer = await database.ingest_event(request.user.merchant_id, body, key)
    metrics.EVENTS.labels(outcome).inc()
    match outcome:
        case "ingested":
            return Response(answer, status_code=202, media_type=_JSON)
        case "duplicate":
            return Response(answer, status_code=200, media_type=_JSON)
        case "conflict":
            raise Problem(
                EVENT_CONFLICT, "Nothing was stored: the first event stays as it is.", errors=answer
            )
        case _:
            raise Problem(VALIDATION_FAILED, "Nothing was stored.", errors=answer)


@post("/transaction/batch", summary="Send up to 1000 events", status_code=202)
async def ingest_events(request: _Request, database: Database) -> Response[bytes]:
    """Stores an array of 1 to 1000 events, each exactly once.

    Strict unless asked otherwise: one invalid event, and nothing is stored. With the header
    `Prefer: handling=lenient` the valid ones are stored and the others reported in `results`.
    """
    if "idempotency-key" in request.headers:
        raise Problem(
            MALFORMED_REQUEST,
            "Idempotency-Key is for single events: give each event of a batch its own field.",
        )
    batch = check_events(await _read_json(request))
    handling = _handling(request)
    is_lenient = handling == "lenient"
    if batch.errors and not is_lenient:
        raise invalid(*batch.errors.values())
    is_stored, answer = await database.ingest_events(request.user.merchant_id, batch.text, is_lenient)
    if not is_stored:
        raise Problem(VALIDATION_FAILED, "Nothing of the batch was stored.", errors=answer)
    metrics.note_batch(answer)
    if batch.errors:
        answer = _with_errors(answer, batch.errors)
    headers = {"Preference-Applied": f"handling={handling}"} if handling else None
    return Response(answer, status_code=202, media_type=_JSON, headers=headers)


ROUTER = Router(
    "/api/events",
    route_handlers=[ingest_event, ingest_events],
    guards=[require_events_caller],
    tags=["Events"],
    security=[{"ApiKey": []}],
)


async def _read_json(request: _Request) -> bytes:
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
    try:
        return await request.body()
    except InternalServerException as error:  # Litestar's word for a client that went away
        raise Problem(MALFORMED_REQUEST, "The body broke off before its end.") from error


def _idempotency_key(request: _Request, event: Event) -> str | None:
    """The header's key, when there is one; it must agree with the event's own."""
    keys = request.headers.getall("idempotency-key", [])
    if not keys:
        return None
    if len(keys) > 1 or not re.fullmatch(r"[\x20-\x7e]{1,255}", keys[0]):
        raise Problem(MALFORMED_REQUEST, "Idempotency-Key must be 1 to 255 printable ASCII characters, once.")
    if event.idempotency_key and event.idempotency_key != keys[0]:
        raise invalid(FieldError("/idempotency_key", "must be the same as the header Idempotency-Key"))
    return keys[0]


# RFC 7240: preferences are separated by commas, each may have parameters, and unknown ones are ignored.
_HANDLING = re.compile(r'(?:^|,)\s*handling\s*=\s*"?(strict|lenient)"?\s*(?=$|[,;])', re.IGNORECASE)


def _handling(request: _Request) -> str | None:
    """The preferred handling, if any: the first one counts."""
    preferred = _HANDLING.search(",".join(request.headers.getall("prefer", [])))
    return preferred[1].lower() if preferred else None


def _with_errors(answer: bytes, errors: dict[int, FieldError]) -> bytes:
    """The database's answer, with what was wrong with the items that it got as `{}`."""
    decoded = msgspec.json.decode(answer)
    for result in decoded["results"]:
        if error := errors.get(result["index"]):
            result["errors"] = [error]
    return msgspec.json.encode(decoded)
