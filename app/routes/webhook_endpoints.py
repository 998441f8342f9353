"""Webhook endpoints, managed by people: owners make, rotate and end them, viewers look."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post

from app.answers import Audit, EndpointAnswer, EndpointPage, NewEndpoint
from app.auth import Caller, require_owner, require_person
from app.database import Database
from app.errors import CONFLICT, NOT_FOUND, Problem
from app.models import EndpointRequest, PageQuery, SecretRotation, check_query
from app.openapi import Body, Reply, describe
from app.routes.bodies import read_fields
from app.routes.router import Router
from app.webhooks import NewSecret, merchant_of, new_endpoint_id, new_secret

_Request = Request[Caller, Any, Any]


@post(
    "/",
    summary="Create a webhook endpoint",
    guards=[require_owner],
    operation_class=describe(
        {201: Reply("The endpoint with its secret: shown now, never again", NewEndpoint)},
        body=Body(EndpointRequest, is_required=False),
        problems=[CONFLICT],
    ),
)
async def create_endpoint(request: _Request, database: Database) -> dict[str, Any]:
    """Makes an endpoint for `POST /api/webhooks/{endpoint_id}`. `secret` is shown now, never again."""
    wanted = await read_fields(request, EndpointRequest)
    caller = request.user
    secret = new_secret()
    answer = await database.create_webhook_endpoint(
        caller.merchant_id,
        new_endpoint_id(caller.merchant_id),
        secret.key,
        wanted.description,
        caller.subject,
    )
    return _shown_once(secret, answer)


@get(
    "/",
    summary="List the webhook endpoints",
    operation_class=describe({200: Reply("A page of endpoints", EndpointPage)}, query=PageQuery),
)
async def list_endpoints(request: _Request, database: Database) -> Response[bytes]:
    """A page of the merchant's endpoints, the newest first, disabled ones too. No secrets."""
    query = check_query(request.scope["query_string"], PageQuery)
    merchant_id = request.user.merchant_id
    return _json(await database.list_webhook_endpoints(merchant_id, query.limit, query.starting_after))


@get(
    "/{endpoint_id:str}",
    summary="One webhook endpoint",
    operation_class=describe({200: Reply("The endpoint", EndpointAnswer)}),
)
async def get_endpoint(request: _Request, database: Database, endpoint_id: str) -> Response[bytes]:
    """The endpoint, without its secrets."""
    merchant_id = request.user.merchant_id
    return _json(_found(await database.get_webhook_endpoint(merchant_id, _own(request, endpoint_id))))


@get(
    "/{endpoint_id:str}/audit",
    summary="Who did what to a webhook endpoint",
    guards=[require_owner],
    operation_class=describe({200: Reply("The audit trail", Audit)}),
)
async def audit_endpoint(request: _Request, database: Database, endpoint_id: str) -> Response[bytes]:
    """What was done to the endpoint and by whom, the latest first."""
    merchant_id = request.user.merchant_id
    return _json(_found(await database.webhook_endpoint_audit(merchant_id, _own(request, endpoint_id))))


@post(
    "/{endpoint_id:str}/rotate",
    summary="Replace the secret of a webhook endpoint",
    guards=[require_owner],
    operation_class=describe(
        {201: Reply("The endpoint with its new secret: shown now, never again", NewEndpoint)},
        body=Body(SecretRotation, is_required=False),
        problems=[CONFLICT],
    ),
)
async def rotate_secret(request: _Request, database: Database, endpoint_id: str) -> dict[str, Any]:
    """Makes another secret; the one so far stays good for `overlap_seconds` (a day), 0 ends all earlier ones.

    409 when an earlier secret is still good and would be ended, or the endpoint is disabled.
    """
    wanted = await read_fields(request, SecretRotation)
    caller = request.user
    secret = new_secret()
    answer = await database.rotate_webhook_secret(
        caller.merchant_id, _own(request, endpoint_id), secret.key, wanted.overlap_seconds, caller.subject
    )
    return _shown_once(secret, _found(answer))


@delete(
    "/{endpoint_id:str}",
    summary="Disable a webhook endpoint",
    guards=[require_owner],
    operation_class=describe({204: Reply("It is disabled, now or before")}),
)
async def disable_endpoint(request: _Request, database: Database, endpoint_id: str) -> None:
    """Ends the endpoint for good, in every process of the service within 5 seconds. It stays in the list."""
    caller = request.user
    endpoint_id = _own(request, endpoint_id)
    _found(await database.disable_webhook_endpoint(caller.merchant_id, endpoint_id, caller.subject))


ROUTER = Router(
    "/api/webhook-endpoints",
    route_handlers=[
        create_endpoint,
        list_endpoints,
        get_endpoint,
        audit_endpoint,
        rotate_secret,
        disable_endpoint,
    ],
    guards=[require_person],
    tags=["Webhook endpoints"],
    security=[{"Bearer": []}],
)


def _json(answer: bytes) -> Response[bytes]:
    return Response(answer, media_type="application/json")


def _shown_once(secret: NewSecret, answer: bytes) -> dict[str, Any]:
    return {"secret": secret.text, **msgspec.json.decode(answer)}


def _own(request: _Request, endpoint_id: str) -> str:
    """The id, when it names the caller's merchant."""
    if merchant_of(endpoint_id) != request.user.merchant_id:
        raise Problem(NOT_FOUND, "There is no such endpoint.")
    return endpoint_id


def _found(answer: bytes | None) -> bytes:
    if answer is None:
        raise Problem(NOT_FOUND, "There is no such endpoint.")
    return answer
