"""Webhooks of other systems, signed as Standard Webhooks are: the same way in as any event."""

import re
from typing import Any

from litestar import Request, Router, post

from app import metrics
from app.auth import Authenticator, admit
from app.errors import EVENT_CONFLICT, MALFORMED_REQUEST, Problem
from app.group_commit import GroupCommit
from app.limits import charge, watch_credential
from app.models import Webhook, check_webhook
from app.openapi import JSON, WEBHOOK_HEADERS, Body, describe
from app.routes.bodies import read_body
from app.routes.events import SINGLE_REPLIES, respond
from app.routes.json_answer import JsonAnswer


@post(
    "/{endpoint_id:str}",
    summary="Send one event as a signed webhook",
    status_code=202,
    operation_class=describe(
        SINGLE_REPLIES, body=Body(Webhook), headers=WEBHOOK_HEADERS, problems=[EVENT_CONFLICT]
    ),
)
async def receive_webhook(request: Request[Any, Any, Any], endpoint_id: str) -> JsonAnswer:
    """Stores the event of a webhook, exactly once; `webhook-id` is its idempotency key.

    The answers are those of `POST /api/events/transaction`: 202 new, 200 sent before, 409 sent before with
    other values, 422. 401 for anything wrong with the endpoint, the signature or the clock, whichever it is.
    """
    body = await read_body(request, JSON)
    authenticator: Authenticator = request.app.state.authenticator
    async with watch_credential(request, endpoint_id):
        caller = await authenticator.check_webhook(endpoint_id, request.headers, body)
    await admit(request, caller)
    webhook_id = request.headers["webhook-id"]
    if not re.fullmatch(r"[\x20-\x7e]{1,255}", webhook_id):
        raise Problem(MALFORMED_REQUEST, "webhook-id must be 1 to 255 printable ASCII characters.")
    with metrics.counting_rejection():
        event = check_webhook(body, webhook_id)
    await charge(request, events=1)
    group_commit: GroupCommit = request.app.state.group_commit
    outcome, answer = await group_commit.ingest(caller.merchant_id, event.text)
    return respond(outcome, event.locate(answer) if outcome in ("conflict", "rejected") else answer)


ROUTER = Router(
    "/api/webhooks",
    route_handlers=[receive_webhook],
    tags=["Webhooks"],
    security=[{"StandardWebhooks": []}],
)
