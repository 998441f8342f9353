"""Ingest: a request's own bytes are checked and handed to the database, whose answer is passed back."""

import re
from typing import Any

import msgspec
from litestar import Request, Router, post

from app import metrics
from app.answers import BatchAnswer, EventAnswer
from app.auth import Caller, require_events_caller
from app.database import Database
from app.errors import EVENT_CONFLICT, MALFORMED_REQUEST, VALIDATION_FAILED, FieldError, Problem, invalid
from app.group_commit import GroupCommit
from app.limits import charge
from app.models import Event, Events, check_event, check_event_lines, check_events, with_idempotency_key
from app.openapi import JSON, NDJSON, Body, Reply, describe
from app.routes.bodies import read_body
from app.routes.json_answer import JsonAnswer

_Request = Request[Caller, Any, Any]

SINGLE_REPLIES = {
    200: Reply("Stored before, under this `event_id`: nothing has changed", EventAnswer),
    202: Reply("Stored", EventAnswer),
}


@post(
    "/transaction",
    summary="Send one event",
    status_code=202,
    operation_class=describe(
        SINGLE_REPLIES, body=Body(Event), headers=["Idempotency-Key"], problems=[EVENT_CONFLICT]
    ),
)
async def ingest_event(request: _Request) -> JsonAnswer:
    """Stores one event, exactly once.

    202 when it is new, 200 with the first `event_id` when it was sent before, 409 when it was sent before
    with other values. The header `Idempotency-Key` stands for the field `idempotency_key`.
    """
    body = await read_body(request, JSON)
    with metrics.counting_rejection():
        event = check_event(body)
    key = _idempotency_key(request, event)
    if key and not event.idempotency_key:
        body = with_idempotency_key(body, key)
    await charge(request, events=1)
    group_commit: GroupCommit = request.app.state.group_commit
    return respond(*await group_commit.ingest(request.user.merchant_id, body))


@post(
    "/transaction/batch",
    summary="Send up to 1000 events",
    status_code=202,
    operation_class=describe(
        {202: Reply("Stored; what was not is in `results`", BatchAnswer, headers=("Preference-Applied",))},
        body=Body(Events, media_types=(JSON, NDJSON)),
        headers=["Prefer"],
    ),
)
async def ingest_events(request: _Request, database: Database) -> JsonAnswer:
    """Stores an array of 1 to 1000 events, each exactly once.

    Strict unless asked otherwise: one invalid event, and nothing is stored. With the header
    `Prefer: handling=lenient` the valid ones are stored and the others reported in `results`.
    As `application/x-ndjson` the events stand one a line.
    """
    if "idempotency-key" in request.headers:
        raise Problem(
            MALFORMED_REQUEST,
            "Idempotency-Key is for single events: give each event of a batch its own field.",
        )
    body = await read_body(request, JSON, NDJSON)
    batch = check_event_lines(body) if request.content_type[0] == NDJSON else check_events(body)
    handling = _handling(request)
    is_lenient = handling == "lenient"
    if batch.errors and not is_lenient:
        metrics.note_events("rejected", batch.size)
        raise invalid(*batch.errors.values())
    await charge(request, events=batch.size)
    is_stored, answer = await database.ingest_events(request.user.merchant_id, batch.text, is_lenient)
    if not is_stored:
        metrics.note_events("rejected", batch.size)
        raise Problem(VALIDATION_FAILED, "Nothing of the batch was stored.", errors=answer)
    metrics.note_batch(answer)
    if batch.errors:
        answer = _with_errors(answer, batch.errors)
    applied = [(b"preference-applied", f"handling={handling}".encode())] if handling else []
    return JsonAnswer(answer, 202, applied)


async def _authorize(request: _Request) -> None:
    await require_events_caller(request, request.route_handler)


ROUTER = Router(
    "/api/events",
    route_handlers=[ingest_event, ingest_events],
    # not a guard: for each Litestar copies the handler, at every request
    before_request=_authorize,
    tags=["Events"],
    security=[{"ApiKey": []}],
)


def respond(outcome: str, answer: bytes) -> JsonAnswer:
    """The answer to a single event. Errors: Problem 409, 422, with the database's errors."""
    metrics.note_events(outcome)
    match outcome:
        case "ingested":
            return JsonAnswer(answer, 202)
        case "duplicate":
            return JsonAnswer(answer, 200)
        case "conflict":
            raise Problem(
                EVENT_CONFLICT, "Nothing was stored: the first event stays as it is.", errors=answer
            )
        case _:
            raise Problem(VALIDATION_FAILED, "Nothing was stored.", errors=answer)


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


# RFC 7240: preferences are separated by commas, but for those in quotes, and each may have parameters.
_PREFERENCES = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')


def _handling(request: _Request) -> str | None:
    """The preferred handling, if it is one that we know; of several the first counts."""
    for preference in _PREFERENCES.findall(",".join(request.headers.getall("prefer", []))):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "handling":
            handling = value.strip().strip('"').lower()
            return handling if handling in ("strict", "lenient") else None
    return None


def _with_errors(answer: bytes, errors: dict[int, FieldError]) -> bytes:
    """The database's answer, with what was wrong with the items that it got as `{}`."""
    decoded = msgspec.json.decode(answer)
    for result in decoded["results"]:
        if error := errors.get(result["index"]):
            result["errors"] = [error]
    return msgspec.json.encode(decoded)
