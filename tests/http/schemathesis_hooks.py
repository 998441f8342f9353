"""Schemathesis' requests made into those of a caller: with its credential, signed, compressed.

A process of its own loads this (test_schemathesis.py), with the credentials in its environment.
"""

import atexit
import gzip
import json
import os
import re
import time
from collections import Counter
from pathlib import Path

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.generation import GenerationMode

from tests.http.senders import signature

CREDENTIAL = {os.environ["CREDENTIAL_HEADER"]: os.environ["CREDENTIAL"]}
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]
CALLS_FILE = Path(os.environ["CALLS_FILE"])

# What a value must be beyond its schema: only the database knows, or two values together say. And a schema
# takes 60.0 for a whole number, which the service does not.
RULES_BEYOND_SCHEMAS = re.compile(
    r"/(\d+/)?(data/)?(currency|amount|fee|occurred_at|idempotency_key)"
    r"|/(timestamp|expires_at|overlap_seconds|days|start_date|end_date|from|to|starting_after|ending_before)"
)


class Caller(AuthBase):
    """One caller, who signs its webhooks."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if request.path_url.startswith("/api/webhooks/"):
            self.sign(request, body)
        else:
            request.headers.update(CREDENTIAL)
        if body and request.headers.get("Content-Encoding") == "gzip":
            request.prepare_body(gzip.compress(body), None)
        return request

    def sign(self, request: PreparedRequest, body: bytes) -> None:
        """A good timestamp becomes now: any other is too old."""
        if re.fullmatch("[1-9][0-9]{9}", str(request.headers.get("webhook-timestamp"))):
            now = request.headers["webhook-timestamp"] = str(int(time.time()))
            webhook_id = str(request.headers.get("webhook-id"))
            request.headers["webhook-signature"] = signature(WEBHOOK_SECRET, webhook_id, now, body)


schemathesis.auth.set_from_requests(Caller())


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx: object, value: object) -> bytes:
    """The description has a batch as the array that its lines stand for."""
    if not isinstance(value, list):
        return json.dumps(value).encode()
    return b"\n".join(json.dumps(item).encode() for item in value)


@schemathesis.hook
def before_call(ctx: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, object]) -> None:
    """A lenient batch is taken with what is wrong in it, so what must be refused is sent as a strict one."""
    is_bad = case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE
    if is_bad and "lenient" in str(case.headers.get("Prefer", "")):
        case.headers["Prefer"] = "handling=strict"


# How often each operation was called, by whether what was sent is as described.
CALLS: Counter[str] = Counter()


@schemathesis.hook
def after_call(
    ctx: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
) -> None:
    """Counts; the test reads it."""
    mode = case.meta.generation.mode.value if case.meta else "any"
    CALLS[f"{case.method.upper()} {case.operation.path} {mode}"] += 1


atexit.register(lambda: CALLS_FILE.write_text(json.dumps(CALLS)))


@schemathesis.check
def broken_rule_is_beyond_schemas(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Where all values are as described, 422 names a rule that no description can hold."""
    is_good = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if is_good and response.status_code == 422:
        pointers = [error["pointer"] for error in response.json()["errors"]]
        others = [pointer for pointer in pointers if not RULES_BEYOND_SCHEMAS.fullmatch(pointer)]
        assert not others, f"as described, and refused: {others}"
