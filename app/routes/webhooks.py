"""Webhooks of other systems, signed as Standard Webhooks are: the same way in as any event."""

import re
from typing import Any

from litestar import Request, Response, Router, post

from app.auth import Authenticator, admit
from app.database import Database
from app.errors import MALFORMED_REQUEST, Problem
from app.limits import charge, watch_credential
from app.models import check_webhook
from app.routes.bodies import read_json
from app.routes.events import respond


@post("/{endpoint_id:str}", summary="Send one event as a signed webhook", status_code=202)
async def receive_webhook(
    request: Request[Any, Any, Any], database: Database, endpoint_id: str
) -> Response[bytes]:
    """Stores the event of a webhook, exactly once; `webhook-id` is its idempotency key.

    The answers are those of `POST /api/events/transaction`: 202 new, 200 sent before, 409 sent before with
    other values, 422. 401 for anything wrong with the endpoint, the signature or the clock, whichever it is.
    """
    body = await read_json(request)
    authenticator: Authenticator = request.app.state.authenticator
    async with watch_credential(request, endpoint_id):
        caller = await authenticator.check_webhook(endpoint_id, request.headers, body)
    await admit(request, caller)
    webhook_id = request.headers["webhook-id"]
    if not re.fullmatch(r"[\x20-\x7e]{1,255}", webhook_id):
        raise Problem(MALFORMED_REQUEST, "webhook-id must be 1 to 255 printable ASCII characters.")
    event = check_webhook(body, webhook_id)
    await charge(request, events=1)
    outcome, answer = await database.ingest_event(caller.merchant_id, event.text, webhook_id)
    return respond(outcome, event.locate(answer) if outcome in ("conflict", "rejected") else answer)


ROUTER = Router("/api/webhooks", route_handlers=[receive_webhook], tags=["Webhooks"])
