"""The text of an API key: `mk_<merchant>_<key id>_<secret><checksum>`, every part in base62.

The key carries its merchant, so it is looked up where the merchant's data is, and a checksum, so that a
mistyped key is refused without asking the database. Only the SHA-256 of the whole text is ever stored.
"""

import hashlib
import re
import secrets
import zlib
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from app import base62

# 22 digits hold a UUID, 43 hold 256 bits, 6 hold a CRC-32.
_FORMAT = re.compile(r"mk_([0-9A-Za-z]{22})_([0-9A-Za-z]{8,32})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})")


class NewApiKey(NamedTuple):
    """A key that was just made; `text` is shown once and kept nowhere."""

    text: str
    key_id: str
    secret_sha256: bytes


class ApiKey(NamedTuple):
    """What a well-formed key says about itself; nothing of it is proven yet."""

    merchant_id: UUID
    key_id: str
    secret_sha256: bytes


def new_api_key(merchant_id: UUID) -> NewApiKey:
    """Makes a key with 256 random bits of secret for the merchant."""
    key_id = base62.encode(secrets.randbits(71), 12)
    text = f"{prefix(merchant_id, key_id)}_{base62.encode(secrets.randbits(256), 43)}"
    text += _checksum(text)
    return NewApiKey(text, key_id, _sha256(text))


def prefix(merchant_id: UUID, key_id: str) -> str:
    """The part of a key that is no secret: by it people recognise the key."""
    return f"mk_{base62.encode(merchant_id.int, base62.UUID_WIDTH)}_{key_id}"


def parse_api_key(text: str) -> ApiKey | None:
    """Takes a key apart; None when its form or its checksum is wrong."""
    match = _FORMAT.fullmatch(text)
    if not match or base62.decode(match[3]) != zlib.crc32(text[:-6].encode()):
        return None
    merchant_id = _merchant_id(match[1])
    return ApiKey(merchant_id, match[2], _sha256(text)) if merchant_id else None


@lru_cache(maxsize=10_000)
def _merchant_id(text: str) -> UUID | None:
    number = base62.decode(text)
    return UUID(int=number) if number < 1 << 128 else None


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _checksum(text: str) -> str:
    return base62.encode(zlib.crc32(text.encode()), 6)
