"""API keys, managed by people: owners make, rotate and revoke them, viewers look."""

import re
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post

from app.answers import Audit, KeyAnswer, KeyPage, NewKey
from app.api_keys import NewApiKey, new_api_key, prefix
from app.auth import Caller, require_owner, require_person
from app.database import Database
from app.errors import CONFLICT, NOT_FOUND, Problem
from app.models import KeyRequest, KeyRotation, PageQuery, check_query
from app.openapi import Body, Reply, describe
from app.routes.bodies import read_fields
from app.routes.router import Router

_Request = Request[Caller, Any, Any]


@post(
    "/",
    summary="Create an API key",
    guards=[require_owner],
    operation_class=describe(
        {201: Reply("The key: shown now, never again", NewKey)},
        body=Body(KeyRequest, is_required=False),
        problems=[CONFLICT],
    ),
)
async def create_key(request: _Request, database: Database) -> dict[str, Any]:
    """Makes a key. `api_key` is the key itself: shown now, never again.

    Sent again, the request makes another key, for what was lost on its way cannot be shown a second time.
    """
    wanted = await read_fields(request, KeyRequest)
    caller = request.user
    new = new_api_key(caller.merchant_id)
    answer = await database.create_api_key(
        caller.merchant_id,
        new.key_id,
        new.secret_sha256,
        list(wanted.scopes),
        wanted.name,
        wanted.expires_at,
        caller.subject,
    )
    return _shown_once(new, answer, caller)


@get(
    "/",
    summary="List the API keys",
    operation_class=describe({200: Reply("A page of keys", KeyPage)}, query=PageQuery),
)
async def list_keys(request: _Request, database: Database) -> dict[str, Any]:
    """A page of the merchant's keys, the newest first, those that have ended too. No secrets."""
    query = check_query(request.scope["query_string"], PageQuery)
    merchant_id = request.user.merchant_id
    page = msgspec.json.decode(await database.list_api_keys(merchant_id, query.limit, query.starting_after))
    return {**page, "data": [_with_prefix(key, request.user) for key in page["data"]]}


@get(
    "/{key_id:str}",
    summary="One API key",
    operation_class=describe({200: Reply("The key", KeyAnswer)}),
)
async def get_key(request: _Request, database: Database, key_id: str) -> dict[str, Any]:
    """The key, without its secret."""
    answer = await database.get_api_key(request.user.merchant_id, _checked(key_id))
    return _with_prefix(msgspec.json.decode(_found(answer)), request.user)


@get(
    "/{key_id:str}/audit",
    summary="Who did what to an API key",
    guards=[require_owner],
    operation_class=describe({200: Reply("The audit trail", Audit)}),
)
async def audit_key(request: _Request, database: Database, key_id: str) -> Response[bytes]:
    """What was done to the key and by whom, the latest first."""
    answer = await database.api_key_audit(request.user.merchant_id, _checked(key_id))
    return Response(_found(answer), media_type="application/json")


@post(
    "/{key_id:str}/rotate",
    summary="Replace an API key",
    guards=[require_owner],
    operation_class=describe(
        {201: Reply("The new key: shown now, never again", NewKey)},
        body=Body(KeyRotation, is_required=False),
        problems=[CONFLICT],
    ),
)
async def rotate_key(request: _Request, database: Database, key_id: str) -> dict[str, Any]:
    """Makes a key of the same name and scopes; the old one lives on for `overlap_seconds` (a day).

    409 when the key was rotated before, was revoked or has expired.
    """
    wanted = await read_fields(request, KeyRotation)
    caller = request.user
    new = new_api_key(caller.merchant_id)
    answer = await database.rotate_api_key(
        caller.merchant_id,
        _checked(key_id),
        new.key_id,
        new.secret_sha256,
        wanted.overlap_seconds,
        wanted.expires_at,
        caller.subject,
    )
    return _shown_once(new, _found(answer), caller)


@delete(
    "/{key_id:str}",
    summary="Revoke an API key",
    guards=[require_owner],
    operation_class=describe({204: Reply("It is revoked, now or before")}),
)
async def revoke_key(request: _Request, database: Database, key_id: str) -> None:
    """Ends the key, in every process of the service within 5 seconds. It stays in the list."""
    caller = request.user
    _found(await database.revoke_api_key(caller.merchant_id, _checked(key_id), caller.subject))


ROUTER = Router(
    "/api/keys",
    route_handlers=[create_key, list_keys, get_key, audit_key, rotate_key, revoke_key],
    guards=[require_person],
    tags=["API keys"],
    security=[{"Bearer": []}],
)


def _shown_once(new: NewApiKey, answer: bytes, caller: Caller) -> dict[str, Any]:
    return {"api_key": new.text, **_with_prefix(msgspec.json.decode(answer), caller)}


def _with_prefix(key: dict[str, Any], caller: Caller) -> dict[str, Any]:
    return {**key, "prefix": prefix(caller.merchant_id, key["key_id"])}


def _checked(key_id: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{8,32}", key_id):
        raise Problem(NOT_FOUND, "There is no such key.")
    return key_id


def _found(answer: bytes | None) -> bytes:
    if answer is None:
        raise Problem(NOT_FOUND, "There is no such key.")
    return answer
