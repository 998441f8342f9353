"""Everything that can go wrong, as RFC 9457 problems.

One table says what each error of the database means to a client. How a problem becomes an answer is in
`app/routes/problems.py`; here is nothing of the web framework, so that commands can use it too.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec
import psycopg
from msgspec import Meta


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one value: a JSON pointer (RFC 6901) into the body or the query, and why."""

    pointer: Annotated[str, Meta(description="Into the body, or /parameter", examples=["/amount"])]
    detail: Annotated[str, Meta(description="What it must be", examples=["is required"])]


class ProblemType(NamedTuple):
    """A kind of problem; `slug` is stable, so that programs may decide by it, `remedy` is what to do."""

    status: int
    slug: str
    title: str
    remedy: str

    @property
    def address(self) -> str:
        """The `type` in answers, where the problem is described."""
        return f"/problems/{self.slug}"


MALFORMED_REQUEST = ProblemType(
    400,
    "malformed-request",
    "The request cannot be understood",
    "Mend the request as `detail` says: a header, the query string, or a body that broke off.",
)
MALFORMED_JSON = ProblemType(
    400,
    "malformed-json",
    "The body is not valid JSON",
    "Send JSON in UTF-8 that every reader takes alike: no key twice in an object, no lone surrogates.",
)
UNAUTHENTICATED = ProblemType(
    401,
    "unauthenticated",
    "Valid credentials are required",
    "Send a token in Authorization: Bearer, or an API key in X-API-Key; get a new one when it has "
    "ended. For a webhook check the endpoint, its secret and the clock.",
)
FORBIDDEN = ProblemType(
    403,
    "forbidden",
    "These credentials do not allow this",
    "Use a key with the scope that `detail` names, or a token of an owner. Sending it again changes nothing.",
)
MERCHANT_SUSPENDED = ProblemType(
    403,
    "merchant-suspended",
    "The merchant is suspended",
    "Ask the platform's operator. Events are not taken until the merchant is active again; keep them.",
)
NOT_FOUND = ProblemType(
    404,
    "not-found",
    "There is nothing here",
    "Check the path and the id. What belongs to another merchant is not found either.",
)
METHOD_NOT_ALLOWED = ProblemType(
    405,
    "method-not-allowed",
    "The method is not allowed here",
    "Use a method of the header Allow.",
)
CONFLICT = ProblemType(
    409,
    "conflict",
    "This does not go with how things are",
    "Read the current state and decide anew: `detail` says what is in the way.",
)
EVENT_CONFLICT = ProblemType(
    409,
    "event-conflict",
    "Another event was received with this identity",
    "Nothing was stored. `errors` names the fields that differ from the event that came first. A second "
    "event of the same type on a transaction needs an idempotency_key of its own.",
)
CONTENT_TOO_LARGE = ProblemType(
    413,
    "content-too-large",
    "The body is too large",
    "Send less at once: smaller batches. The limit holds for the body as sent and as decompressed.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    415,
    "unsupported-media-type",
    "The body must be JSON",
    "Send Content-Type: application/json (a batch may be application/x-ndjson), in UTF-8, not encoded "
    "or gzip; see Accept-Post and Accept-Encoding.",
)
VALIDATION_FAILED = ProblemType(
    422,
    "validation-failed",
    "Some values are not valid",
    "Mend the values that `errors` names by JSON pointer. Nothing was stored.",
)
TOO_MANY_REQUESTS = ProblemType(
    429,
    "too-many-requests",
    "The rate limit is used up",
    "Wait for the seconds in Retry-After, then send it again. RateLimit says what is left.",
)
TOO_MANY_STREAMS = ProblemType(
    429,
    "too-many-streams",
    "Too many streams are open",
    "Close streams that nobody reads, or share one; come back after the seconds in Retry-After.",
)
INTERNAL_ERROR = ProblemType(
    500,
    "internal-error",
    "Something went wrong on our side",
    "Send it again a little later: events are stored exactly once. Report it with its request_id when "
    "it stays.",
)
UNAVAILABLE = ProblemType(
    503,
    "unavailable",
    "The service cannot answer right now",
    "Send it again after the seconds in Retry-After: events are stored exactly once.",
)

PROBLEM_TYPES = {kind.slug: kind for kind in list(globals().values()) if isinstance(kind, ProblemType)}

# What the database's errors mean: by SQLSTATE, else by its class (the first two characters).
_BY_SQLSTATE = {
    "ML307": (UNAVAILABLE, "The merchant is being moved to another server."),
    "ML403": (MERCHANT_SUSPENDED, "The merchant is suspended; its figures are kept."),
    "ML404": (FORBIDDEN, "These credentials belong to no merchant that is known here."),
    "ML413": (CONTENT_TOO_LARGE, "A batch holds at most 1000 events."),
    "ML503": (UNAVAILABLE, "The database was restored and awaits its operator."),
    "22": (VALIDATION_FAILED, "A value is outside of what can be stored."),
    "23": (VALIDATION_FAILED, "A value breaks a rule of the stored data."),
    "54": (VALIDATION_FAILED, "The request is too complex."),
    "08": (UNAVAILABLE, "The database is away."),  # of a router: the merchant's server
    "40": (UNAVAILABLE, "The database was interrupted."),
    "53": (UNAVAILABLE, "The database is out of a resource."),
    "55": (UNAVAILABLE, "The database is busy."),
    "57": (UNAVAILABLE, "The database is away or took too long."),
    # During a deployment or a failover: the functions are not there (yet), or the server is read-only.
    "25006": (UNAVAILABLE, "The database accepts no writes right now."),
    "3F000": (UNAVAILABLE, "The database is being upgraded."),
    "42883": (UNAVAILABLE, "The database is being upgraded."),
}

_RETRY_AFTER_SECONDS = 1


class Problem(Exception):
    """An answer that is an error. `errors` may be the database's own JSON array."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        errors: Sequence[FieldError] | bytes = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = msgspec.Raw(errors) if isinstance(errors, bytes) else errors
        self.headers = headers or {}


def invalid(*errors: FieldError) -> Problem:
    """The problem of values that break a rule, each named by its pointer."""
    return Problem(VALIDATION_FAILED, f"{errors[0].pointer or 'The body'} {errors[0].detail}.", errors=errors)


def unavailable(detail: str) -> Problem:
    """The problem of a request that is likely to succeed when it is sent again a little later."""
    return Problem(UNAVAILABLE, detail, headers={"Retry-After": str(_RETRY_AFTER_SECONDS)})


def as_problem(error: Exception) -> Problem:
    """What a client is told about any exception."""
    match error:
        case Problem():
            return error
        case psycopg.Error():
            return _database_problem(error)
        case _:
            return Problem(INTERNAL_ERROR, "The error was logged; quote the request id when you report it.")


def _database_problem(error: psycopg.Error) -> Problem:
    sqlstate = error.sqlstate
    if sqlstate == "ML422":
        parameter = error.diag.message_detail
        pointer = f"/{parameter}" if parameter else ""
        return invalid(FieldError(pointer, error.diag.message_primary or "is not valid"))
    if sqlstate == "ML409":
        return Problem(CONFLICT, _sentence(error.diag.message_primary or "Something else was done meanwhile"))
    if sqlstate is None and isinstance(error, psycopg.OperationalError):
        # No answer of the server at all: the pool is exhausted, or the connection broke.
        kind, detail = UNAVAILABLE, "The database is away or all its connections are busy."
    elif sqlstate in _BY_SQLSTATE:
        kind, detail = _BY_SQLSTATE[sqlstate]
    else:
        kind, detail = _BY_SQLSTATE.get((sqlstate or "")[:2], (INTERNAL_ERROR, "The database failed."))
    return unavailable(detail) if kind is UNAVAILABLE else Problem(kind, detail)


def _sentence(message: str) -> str:
    return f"{message[0].upper()}{message[1:]}."
