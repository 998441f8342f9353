"""Webhooks as text: endpoint ids, secrets, and whether a message is signed (Standard Webhooks).

An endpoint's id carries its merchant, as an API key does, so it is looked up where the merchant's data is.
"""

import base64
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from standardwebhooks import Webhook, WebhookVerificationError

from app import base62

_FORMAT = re.compile(r"we_([0-9A-Za-z]{22})_[0-9A-Za-z]{12}")

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class NewSecret(NamedTuple):
    """A secret that was just made; `text` is shown once."""

    text: str
    key: bytes


def new_endpoint_id(merchant_id: UUID) -> str:
    """An id that nobody guesses, of an endpoint of the merchant."""
    return f"we_{base62.encode(merchant_id.int, base62.UUID_WIDTH)}_{base62.encode(secrets.randbits(71), 12)}"


def new_secret() -> NewSecret:
    """256 random bits, and their text as every library for Standard Webhooks takes it."""
    key = secrets.token_bytes(32)
    return NewSecret("whsec_" + base64.b64encode(key).decode(), key)


def merchant_of(endpoint_id: str) -> UUID | None:
    """The merchant that an id names; None when its form is wrong."""
    match = _FORMAT.fullmatch(endpoint_id)
    number = base62.decode(match[1]) if match else 1 << 128
    return UUID(int=number) if number < 1 << 128 else None


def is_signed(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the keys signed the message, at most 5 minutes from now. Nothing is parsed."""
    return any(_is_signed_with(key, headers, body) for key in keys)


def _is_signed_with(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(key).verify(body, dict(headers), json_parse=False)
    # ValueError: a signature that is no base64, a body that is no text
    except (WebhookVerificationError, ValueError):
        return False
    return True
