"""Decoding that is stricter than the decoder: accepted is I-JSON (RFC 7493).

That is UTF-8 without lone surrogates, and no key twice in an object: of equal keys msgspec keeps the last,
and no client ever means that.
"""

from typing import TypeVar

import msgspec

from app.errors import MALFORMED_JSON, Problem

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


def decode(text: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decodes into the decoder's type, which must refuse or keep every key.

    Errors: Problem 400; msgspec.ValidationError when the JSON is fine and its values are not.
    """
    try:
        value = decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except RecursionError as error:
        raise Problem(MALFORMED_JSON, "The JSON is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(MALFORMED_JSON, f"{error}.") from error
    # What was dropped had quotes of its own, and writing the rest again keeps the number of its quotes.
    if _count_quotes(text) != _count_quotes(_encoder.encode(value)):
        raise Problem(MALFORMED_JSON, "A key occurs twice in one object.")
    return value


def _count_quotes(text: bytes) -> int:
    if b"\\" in text:
        text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    return text.count(b'"')
