"""Systems that send signed webhooks."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.http.conftest import event
from tests.http.people import ENDPOINTS, Person

TIME = "2026-01-31T09:30:00Z"


def message(**changes: Any) -> bytes:
    """A payment of a new transaction; fields of its event may be given, `...` leaves one out."""
    data = {**event(), **changes}
    kind = data.pop("event_type").replace("_", ".")
    kept = {name: value for name, value in data.items() if value is not ...}
    return json.dumps({"type": kind, "timestamp": TIME, "data": kept}).encode()


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """As the specification says, and by nothing of the library that verifies."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def sign(
    secret: str, body: bytes, webhook_id: str | None = None, *, seconds_ago: float = 0
) -> dict[str, str]:
    webhook_id = webhook_id or f"msg_{uuid4().hex}"
    timestamp = str(int(time.time() - seconds_ago))
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, webhook_id, timestamp, body),
    }


class Sender:
    """A system that was given the address and the secret of an endpoint."""

    def __init__(self, owner: Person) -> None:
        made = owner.make(ENDPOINTS)
        self.client = owner.client
        self.merchant_id = owner.merchant_id
        self.endpoint_id: str = made["endpoint_id"]
        self.secret: str = made["secret"]

    @property
    def path(self) -> str:
        return f"/api/webhooks/{self.endpoint_id}"

    def post(self, body: bytes, headers: Any) -> httpx.Response:
        return self.client.post(self.path, content=body, headers=headers)

    def send(self, body: bytes, webhook_id: str | None = None, **options: Any) -> httpx.Response:
        return self.post(body, sign(self.secret, body, webhook_id, **options))
