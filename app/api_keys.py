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

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}

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
    key_id = _encode(secrets.randbits(71), 12)
    text = f"mk_{_encode(merchant_id.int, 22)}_{key_id}_{_encode(secrets.randbits(256), 43)}"
    text += _checksum(text)
    return NewApiKey(text, key_id, _sha256(text))


def parse_api_key(text: str) -> ApiKey | None:
    """Takes a key apart; None when its form or its checksum is wrong."""
    match = _FORMAT.fullmatch(text)
    if not match or _decode(match[3]) != zlib.crc32(text[:-6].encode()):
        return None
    merchant_id = _merchant_id(match[1])
    return ApiKey(merchant_id, match[2], _sha256(text)) if merchant_id else None


@lru_cache(maxsize=10_000)
def _merchant_id(text: str) -> UUID | None:
    number = _decode(text)
    return UUID(int=number) if number < 1 << 128 else None


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _checksum(text: str) -> str:
    return _encode(zlib.crc32(text.encode()), 6)


def _encode(number: int, width: int) -> str:
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _decode(text: str) -> int:
    number = 0
    for character in text:
        number = number * 62 + _DIGITS[character]
    return number
