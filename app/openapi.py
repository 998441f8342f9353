"""The API's description (OpenAPI 3.1), made of what handlers read (app/models) and answer (app/answers).

Handlers read requests themselves and pass on the database's JSON, so the framework knows neither parameters
nor answers: `describe` tells it. What every operation of a kind shares, such as 401 where credentials are
asked for, is derived here and written nowhere else.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, cast

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Operation, SecurityScheme, Tag

from app import answers, models
from app.docs_page import DocsPage, docs_router
from app.errors import (
    CONTENT_TOO_LARGE,
    FORBIDDEN,
    INTERNAL_ERROR,
    MALFORMED_JSON,
    MALFORMED_REQUEST,
    MERCHANT_SUSPENDED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    PROBLEM_TYPES,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    VALIDATION_FAILED,
    FieldError,
    ProblemType,
)

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
PROBLEM_JSON = "application/problem+json"

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"


class Reply(NamedTuple):
    """An answer that is no error: what it means, the type of its body (None: there is none), its headers."""

    description: str
    body: type[msgspec.Struct] | None = None
    headers: tuple[str, ...] = ()


class TextReply(NamedTuple):
    """An answer that is no JSON, by an example."""

    description: str
    media_type: str
    example: str
    headers: tuple[str, ...] = ()


class Body(NamedTuple):
    """What a request holds: the type of its JSON, and the media types that stand for the same."""

    type: Any
    is_required: bool = True
    media_types: tuple[str, ...] = (JSON,)


# --- headers and paths ---------------------------------------------------------------------------

# What is left of printable ASCII when it travels: blanks at its ends get lost.
_PRINTABLE = "^[!-~]([ -~]{0,253}[!-~])?$"

_REQUEST_HEADERS: dict[str, Json] = {
    "Idempotency-Key": {
        "description": "Stands for the event's field `idempotency_key`.",
        "schema": {"type": "string", "pattern": _PRINTABLE},
        "example": "refund-2",
    },
    "Prefer": {
        "description": "`handling=lenient` stores the valid events of a batch and reports the others; "
        "`handling=strict`, as without it, stores all or nothing. Other preferences are ignored (RFC 7240).",
        "schema": {"type": "string"},
        "example": "handling=lenient",
    },
    "Content-Encoding": {
        "description": "gzip when the body is compressed, as one member.",
        "schema": {"type": "string", "pattern": "^(gzip|identity)?$"},
        "example": "identity",
    },
    "Last-Event-ID": {
        "description": "The id of the last message: a change since then is told at once.",
        "schema": {"type": "string", "maxLength": 100},
    },
    "webhook-id": {
        "description": "The message's id, the same when it is sent again: the event's idempotency key.",
        "required": True,
        "schema": {"type": "string", "pattern": _PRINTABLE},
        "example": "msg_1",
    },
    "webhook-timestamp": {
        "description": "Seconds since 1970 when it was sent, at most 5 minutes from now.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[1-9][0-9]{9}$"},
        "example": "1795427892",
    },
}

WEBHOOK_HEADERS = ("webhook-id", "webhook-timestamp")

_ANSWER_HEADERS: dict[str, Json] = {
    "X-Request-Id": {
        "description": "The id under which the request is logged: the one sent along in this header, when it "
        "has 1 to 64 letters, digits, dots, dashes and underscores.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "RateLimit-Policy": {
        "description": 'The limits that hold for the caller, when there are any: `"requests";q=200;w=2` is a '
        "bucket of 200 requests that fills in 2 seconds.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of each: `"requests";r=150;t=1` is 150 requests, and a full bucket in 1 '
        "second.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it makes sense to try again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
    },
    "WWW-Authenticate": {
        "description": "The credentials that are taken.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Preference-Applied": {
        "description": "The handling that was asked for.",
        "schema": {"enum": ["handling=strict", "handling=lenient"]},
    },
    "Content-Disposition": {
        "description": "The name of the file.",
        "required": True,
        "schema": {"type": "string", "pattern": '^attachment; filename="[^"]+\\.csv"$'},
    },
    "Accept-Post": {"description": "The media types that are taken.", "schema": {"type": "string"}},
    "Accept-Encoding": {"description": "The encodings that are taken.", "schema": {"type": "string"}},
}

_PROBLEM_HEADERS = {
    401: ("WWW-Authenticate",),
    415: ("Accept-Post", "Accept-Encoding"),
    429: ("Retry-After",),
    503: ("Retry-After",),
}

_PATH_PARAMETERS: dict[str, Json] = {
    "endpoint_id": {
        "description": "The endpoint's id, which names its merchant.",
        "schema": {"type": "string", "pattern": "^we_[0-9A-Za-z]{22}_[0-9A-Za-z]{12}$"},
    },
    "key_id": {
        "description": "The key's id: the third part of the key.",
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z]{8,32}$"},
    },
    "transaction_id": {
        "description": "The transaction's id as its events have it, percent-encoded, slashes too.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "slug": {
        "description": "The last part of a problem's `type`.",
        "schema": {"enum": sorted(PROBLEM_TYPES)},
    },
}


# --- operations ----------------------------------------------------------------------------------


def describe(
    replies: Mapping[int, Reply | TextReply],
    *,
    query: type[msgspec.Struct] | None = None,
    body: Body | None = None,
    headers: Collection[str] = (),
    problems: Collection[ProblemType] = (),
) -> type[Operation]:
    """The `operation_class` of a handler.

    Parameters: `replies` by status; `query` whose fields are the parameters; `headers` that the request may
    have, by name; `problems` that it answers beside those that follow from credentials, query, body and path.
    """

    class DescribedOperation(Operation):
        def to_schema(self) -> Json:
            path = [parameter["name"] for parameter in super().to_schema().get("parameters", [])]
            found = [*_derived_problems(self, query, body, path), *problems]
            names = [*headers, *(["Content-Encoding"] if body else [])]
            parameters = [
                *({"name": name, "in": "path", "required": True, **_PATH_PARAMETERS[name]} for name in path),
                *(_query_parameters(query) if query else []),
                *({"name": name, "in": "header", **_REQUEST_HEADERS[name]} for name in names),
            ]
            is_limited = TOO_MANY_REQUESTS in found
            described: Json = {
                "operationId": self.operation_id,
                "summary": self.summary,
                "description": self.description,
                "tags": self.tags,
                "security": self.security or [],
                "parameters": parameters,
                "responses": {
                    **{str(status): _reply(reply, is_limited) for status, reply in replies.items()},
                    **_problem_replies(found),
                },
            }
            return {**described, "requestBody": _request_body(body)} if body else described

    return DescribedOperation


def _derived_problems(
    operation: Operation, query: type[msgspec.Struct] | None, body: Body | None, path: list[str]
) -> list[ProblemType]:
    problems: list[ProblemType] = []
    if operation.security and {} not in operation.security:
        problems += [MALFORMED_REQUEST, UNAUTHENTICATED, FORBIDDEN, MERCHANT_SUSPENDED]
        problems += [TOO_MANY_REQUESTS, UNAVAILABLE]
    if body:
        problems += [MALFORMED_REQUEST, MALFORMED_JSON, CONTENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE]
        problems += [VALIDATION_FAILED]
    if query:
        problems += [MALFORMED_REQUEST, VALIDATION_FAILED]
    # whether there is a webhook endpoint is not told to whom cannot sign for it
    is_told = path and operation.security != [{"StandardWebhooks": []}]
    return [*problems, NOT_FOUND] if is_told else problems


def _query_parameters(query: type[msgspec.Struct]) -> list[Json]:
    schema = _components((query,))[query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": rule.pop("description"),
            "schema": rule,
        }
        for name, rule in ((name, _without_null(rule)) for name, rule in schema["properties"].items())
    ]


def _without_null(rule: Json) -> Json:
    """A parameter that is not there is left out; there is no null in a query string."""
    if "anyOf" in rule:
        variant = next(variant for variant in rule["anyOf"] if variant != {"type": "null"})
        rule = {**variant, **{key: value for key, value in rule.items() if key != "anyOf"}}
    return {key: value for key, value in rule.items() if value is not None}


def _request_body(body: Body) -> Json:
    schema = _published(msgspec.json.schema_components((body.type,), ref_template=_REF)[0][0])
    content = {"schema": schema, "example": _example(schema)}
    return {"required": body.is_required, "content": dict.fromkeys(body.media_types, content)}


def _reply(reply: Reply | TextReply, is_limited: bool) -> Json:
    limits = ("RateLimit-Policy", "RateLimit") if is_limited else ()
    described: Json = {
        "description": reply.description,
        "headers": _headers("X-Request-Id", *limits, *reply.headers),
    }
    if isinstance(reply, TextReply):
        # of a stream without end a schema would be of one message, or of all: readers differ
        schema = {} if reply.media_type == EVENT_STREAM else {"schema": {"type": "string"}}
        return {**described, "content": {reply.media_type: {**schema, "example": reply.example}}}
    if reply.body is None:
        return described
    schema = {"$ref": _REF.format(name=reply.body.__name__)}
    return {**described, "content": {JSON: {"schema": schema, "example": _example(schema)}}}


def _problem_replies(problems: list[ProblemType]) -> Json:
    statuses = sorted({problem.status for problem in problems})
    return {str(status): _problem_reply([p for p in problems if p.status == status]) for status in statuses}


def _problem_reply(problems: list[ProblemType]) -> Json:
    status = problems[0].status
    kinds = list(dict.fromkeys(problems))
    limits = ("RateLimit-Policy", "RateLimit") if status == TOO_MANY_REQUESTS.status else ()
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "headers": _headers("X-Request-Id", *limits, *_PROBLEM_HEADERS.get(status, ())),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": _REF.format(name="ProblemDetails")},
                "examples": {kind.slug: {"$ref": f"#/components/examples/{kind.slug}"} for kind in kinds},
            }
        },
    }


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


# --- schemas -------------------------------------------------------------------------------------

_BODIES = (
    models.Event,
    models.EventData,
    models.Webhook,
    models.KeyRequest,
    models.KeyRotation,
    models.EndpointRequest,
    models.SecretRotation,
)


def _components(types: Collection[Any]) -> dict[str, Json]:
    schemas = msgspec.json.schema_components(types, ref_template=_REF)[1]
    return {name: _published(schema) for name, schema in schemas.items()}


def _published(node: Any) -> Any:
    """A schema of msgspec's in OpenAPI's words."""
    if isinstance(node, list):
        return [_published(item) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    schema: Json = {
        key: value if key in ("examples", "default", "properties") else _published(value)
        for key, value in cast(Json, node).items()
    }
    if "properties" in schema:
        schema.pop("title")
        schema["properties"] = {name: _published(rule) for name, rule in schema["properties"].items()}
    title, rule = schema.pop("title", None), _rule(schema)
    if title or rule:
        schema["description"] = f"{title}: {rule}." if title and rule else rule or f"{title}."
    if "pattern" in schema:
        schema["pattern"] = schema["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    if schema.get("format") == "decimal":
        schema["type"] = "number"  # of which msgspec would write strings; the database writes numbers
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    return schema


def _rule(schema: Json) -> str | None:
    """What a value must be: a description that completes a sentence, here or in what may be null."""
    variants = (variant.pop("description", None) for variant in schema.get("anyOf", []))
    return schema.get("description") or next((rule for rule in variants if rule), None)


def _open(schema: Json) -> Json:
    """Answers may get more fields: a client that refused them would break."""
    return {
        key: value for key, value in schema.items() if key != "additionalProperties" or value is not False
    }


def _is_answer(value: object) -> bool:
    return (
        isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == answers.__name__
    )


_ANSWERS = [value for value in vars(answers).values() if _is_answer(value)]
_SCHEMAS = {
    **_components(_BODIES),
    **{name: _open(schema) for name, schema in _components([*_ANSWERS, FieldError]).items()},
}


def _example(schema: Json) -> Any:
    """A value of the schema, put together from the examples of its parts."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(_SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "items" in schema:
        return [_example(schema["items"])]
    if "properties" in schema:
        values = {name: _example(rule) for name, rule in schema["properties"].items()}
        needed = schema.get("required", [])
        return {name: value for name, value in values.items() if name in needed or value is not None}
    return next(
        (value for variant in schema.get("anyOf", []) if (value := _example(variant)) is not None), None
    )


def _problem_example(kind: ProblemType) -> Json:
    errors = [{"pointer": "/amount", "detail": "must have no more decimals than XOF has (0)"}]
    return {
        "summary": kind.title,
        "description": kind.remedy,
        "value": {
            "type": kind.address,
            "title": kind.title,
            "status": kind.status,
            "detail": f"{kind.title}.",
            "instance": "/api/...",
            "request_id": "0f2a5c1e9b7d4c3e8f6a1b2c3d4e5f60",
            **({"errors": errors} if kind is VALIDATION_FAILED else {}),
        },
    }


# --- the document --------------------------------------------------------------------------------


class _Components(Components):
    def to_schema(self) -> Json:
        return {
            **super().to_schema(),
            "schemas": _SCHEMAS,
            "headers": _ANSWER_HEADERS,
            "examples": {slug: _problem_example(kind) for slug, kind in PROBLEM_TYPES.items()},
        }


_DESCRIPTION = f"""\
Payment events in, exact figures out.

**Credentials.** People send `Authorization: Bearer` with a token of the issuer, servers `X-API-Key`; never
both. A request sees one merchant's data, that of its credential.

**Errors** are `{PROBLEM_JSON}` (RFC 9457). Programs decide by `type`, at whose address stands what to do.
Beside those that an operation lists, anything may answer {METHOD_NOT_ALLOWED.status} for another method and,
should the service be broken, {INTERNAL_ERROR.status}.

**Unknown** fields, parameters that are given twice, and JSON keys that are there twice are refused. Answers
may get more fields: ignore those that you do not know.
"""


def _operation_id(handler: HTTPRouteHandler, *_: object) -> str:
    return handler.handler_name


def openapi_config() -> OpenAPIConfig:
    """What an application describes itself by; one for each."""
    return OpenAPIConfig(
        title="Molam Connect",
        version="1.0.0",
        description=_DESCRIPTION,
        openapi_router=docs_router(),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        render_plugins=[DocsPage(), JsonRenderPlugin()],
        tags=[
            Tag("Events", "Payment events in."),
            Tag("Webhooks", "Payment events of systems that speak Standard Webhooks."),
            Tag("Dashboard", "Figures, per merchant and currency."),
            Tag("Transactions", "Payments one by one."),
            Tag("Reports", "The same as CSV (RFC 4180), streamed."),
            Tag("Account", "Who is calling."),
            Tag("API keys", "What lets servers in; for people, owners change them."),
            Tag("Webhook endpoints", "Where webhooks come in; for people, owners change them."),
            Tag("Problems", "What each type of problem means."),
            Tag("Health", "For whoever watches over the service."),
        ],
        components=_Components(
            security_schemes={
                "Bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "ApiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
                "StandardWebhooks": SecurityScheme(
                    type="apiKey",
                    name="webhook-signature",
                    security_scheme_in="header",
                    description="`v1,` and base64 of the HMAC-SHA-256, by the endpoint's secret, of "
                    "`{webhook-id}.{webhook-timestamp}.{body}`.",
                ),
                "MetricsToken": SecurityScheme(
                    type="http", scheme="bearer", description="MOLAM_METRICS_TOKEN, where it is set."
                ),
            }
        ),
    )
