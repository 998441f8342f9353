"""Who the caller is: what a dashboard asks first, and how a key is tried out."""

from typing import Any

import msgspec
from litestar import Request, Router, get

from app.answers import Me
from app.auth import Caller, require_caller
from app.database import Database
from app.openapi import Reply, describe


@get("/me", summary="The caller", operation_class=describe({200: Reply("The caller", Me)}))
async def me(request: Request[Caller, Any, Any], database: Database) -> dict[str, Any]:
    """The merchant with its time zone and currencies, and what the credential allows.

    `currencies` are its own first, then the others that it has figures in; `credential` is `token` or
    `api_key`, `subject` the token's `sub` or the key's id, `role` a person's.
    """
    caller = request.user
    merchant = msgspec.json.decode(await database.describe_merchant(caller.merchant_id))
    return {
        **merchant,
        "credential": "token" if caller.role else "api_key",
        "subject": caller.subject,
        "role": caller.role,
        "scopes": caller.scopes,
    }


ROUTER = Router(
    "/api",
    route_handlers=[me],
    guards=[require_caller],
    tags=["Account"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)
