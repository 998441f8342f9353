"""Who is calling: people with an RS256 JWT, servers with an API key, other systems with a signed webhook.

All are believed for at most `auth_cache_seconds` before the database is asked again, so a revoked key and
a suspended merchant are refused within that time by every process. Refusals are never cached.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from time import monotonic, time
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import jwt
import msgspec
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.handlers import BaseRouteHandler

from app import webhooks
from app.api_keys import ApiKey, parse_api_key
from app.database import Database, StoredEndpoint, StoredKey
from app.errors import FORBIDDEN, MALFORMED_REQUEST, MERCHANT_SUSPENDED, UNAUTHENTICATED, Problem
from app.limits import AuthFailures, Limiter, charge
from app.recent import Recent
from app.settings import Settings, SettingsError

_AnyConnection = ASGIConnection[Any, Any, Any, Any]

_log = structlog.get_logger()

EVENTS_WRITE = "events:write"
DASHBOARD_READ = "dashboard:read"

# An owner manages keys and endpoints; a viewer, which is everybody else, reads.
Role = Literal["owner", "viewer"]

_CHALLENGE = 'Bearer realm="molam-connect", ApiKey realm="molam-connect"'
_WEBHOOK_CHALLENGE = 'StandardWebhooks realm="molam-connect"'
_CLOCK_LEEWAY_SECONDS = 10
_MAX_TOKEN_LENGTH = 8192
_REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "sub", "merchant_id"]


class Caller(NamedTuple):
    """Whose request it is; `subject` is the token's `sub`, the key's id or the webhook endpoint's id.

    `role` is a person's; None for servers, who have `scopes`. `expires_at` is when the credential ends by
    itself, in seconds since 1970; None: it does not. `good_until` is when all this has to be asked anew, by
    the process's own clock.
    """

    merchant_id: UUID
    subject: str
    scopes: tuple[str, ...]
    role: Role | None = None
    expires_at: float | None = None
    good_until: float = 0.0

    @property
    def limited_as(self) -> str:
        """The name of its quota: people's never are those of keys and endpoints."""
        return f"sub:{self.subject}" if self.role else self.subject


class Credential(NamedTuple):
    """What a request identifies itself by: an API key, or a token."""

    text: str
    is_api_key: bool


# --- keys that sign tokens -----------------------------------------------------------------------


class KeySource(Protocol):
    """Where public keys come from."""

    async def find(self, key_id: str | None) -> RSAPublicKey | None:
        """The key that a token's header names, or None when it is not known."""
        ...


class PemKey:
    """One key, given as PEM text: whatever a token's header says, this is the key."""

    def __init__(self, pem: str) -> None:
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SettingsError(f"MOLAM_JWT_PUBLIC_KEY is no public key: {error}") from error
        if not isinstance(key, RSAPublicKey):
            raise SettingsError("MOLAM_JWT_PUBLIC_KEY must be an RSA key")
        self._key = key

    async def find(self, key_id: str | None) -> RSAPublicKey | None:  # noqa: ARG002
        """The key."""
        return self._key


class JwksKeys:
    """The keys that a JWKS URL publishes, by key id.

    Only that URL is ever asked. While it is away, the keys known from before stay good.
    """

    _FRESH_SECONDS = 300.0
    # However many tokens with unknown key ids arrive, the URL is asked no more often than this.
    _PAUSE_SECONDS = 10.0
    _TIMEOUT_SECONDS = 3.0
    _MAX_BYTES = 256 * 1024

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise SettingsError("MOLAM_JWT_JWKS_URL must be https, or on this machine")
        self._url = url
        self._keys: dict[str, RSAPublicKey] = {}
        self._next_fetch_at = 0.0
        self._fresh_until = 0.0
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> RSAPublicKey | None:
        """The key; asks the URL when it is unknown, and in the background when what is known has aged."""
        if key_id is None:
            return None
        now = monotonic()
        is_needed = key_id not in self._keys
        if (is_needed or now >= self._fresh_until) and now >= self._next_fetch_at and not self._fetching:
            self._next_fetch_at = now + self._PAUSE_SECONDS
            self._fetching = asyncio.create_task(self._fetch())
        if is_needed and self._fetching:
            await asyncio.shield(self._fetching)
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._TIMEOUT_SECONDS):
                self._keys = _read_jwks(await self._download())
            self._fresh_until = monotonic() + self._FRESH_SECONDS
        except (httpx.HTTPError, TimeoutError, ValueError, jwt.PyJWTError) as error:
            _log.warning("cannot read the JWKS; the keys known from before stay good", error=repr(error))
        finally:
            self._fetching = None

    async def _download(self) -> bytes:
        body = b""
        async with (
            httpx.AsyncClient(follow_redirects=False, timeout=self._TIMEOUT_SECONDS) as client,
            client.stream("GET", self._url) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._MAX_BYTES:
                    raise ValueError("the JWKS is too large")
        return body


def _read_jwks(body: bytes) -> dict[str, RSAPublicKey]:
    """The RS256 keys that have an id; whatever else is published is not for us."""
    published = jwt.PyJWKSet.from_dict(msgspec.json.decode(body, type=dict[str, Any]))
    return {
        key.key_id: key.key
        for key in published
        if key.key_id
        and key.algorithm_name == "RS256"
        and key.public_key_use in (None, "sig")
        and isinstance(key.key, RSAPublicKey)
    }


def _key_source(settings: Settings) -> KeySource | None:
    if settings.jwt_jwks_url:
        return JwksKeys(settings.jwt_jwks_url)
    return PemKey(settings.jwt_public_key) if settings.jwt_public_key else None


# --- what the database said, for a moment --------------------------------------------------------

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Cache(Generic[Key, Value]):
    """Answers of the last seconds, of at most `size` askers."""

    def __init__(self, seconds: float, size: int = 10_000) -> None:
        self._seconds = seconds
        self._answers = Recent[Key, tuple[Value | None, float]](size)
        self._loading: dict[Key, asyncio.Task[tuple[Value | None, float]]] = {}

    async def get(self, key: Key, load: Callable[[], Awaitable[Value | None]]) -> tuple[Value | None, float]:
        """The value, and until when it is good; what `load` does not find is None and not remembered."""
        known = self._answers.get(key)
        if known and monotonic() < known[1]:
            return known
        # one question at a time: its answer does for all who wait for it, and so does its failure
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.create_task(self._load(key, load))
        return await asyncio.shield(loading)

    async def _load(
        self, key: Key, load: Callable[[], Awaitable[Value | None]]
    ) -> tuple[Value | None, float]:
        # counted from before the question, so that an answer is never older than promised
        good_until = monotonic() + self._seconds
        try:
            value = await load()
        finally:
            del self._loading[key]
        if value is None:
            self._answers.forget(key)
        else:
            self._answers.remember(key, (value, good_until))
        return value, good_until


# --- credentials ---------------------------------------------------------------------------------


class Authenticator:
    """Turns credentials into callers. Errors of its methods: Problem 400, 401, 403."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._signing_keys = _key_source(settings)
        self._api_keys = _Cache[tuple[UUID, str], StoredKey](settings.auth_cache_seconds)
        self._endpoints = _Cache[str, StoredEndpoint](settings.auth_cache_seconds)
        self._merchant_statuses = _Cache[UUID, str](settings.auth_cache_seconds)
        # by address, too: there wrong credentials are counted, and those let in from there go on to be heard
        self._callers = Recent[tuple[Credential, str], Caller]()

    async def recognise(self, credential: Credential, address: str, failures: AuthFailures) -> Caller:
        """Whose credential it is, which came from the address; wrong ones are counted there.

        Errors: also Problem 429, when too many wrong ones came from there.
        """
        caller = self._callers.get((credential, address))
        if caller is None or monotonic() >= caller.good_until:
            async with failures.watch(address, credential.text):
                caller = await self.check(credential)
            self._callers.remember((credential, address), caller)
        return caller

    async def check(self, credential: Credential) -> Caller:
        """Whose credential it is."""
        if credential.is_api_key:
            return await self._check_api_key(credential.text)
        return await self._check_token(credential.text)

    async def _check_api_key(self, text: str) -> Caller:
        key = parse_api_key(text)
        if key is None:
            raise _unauthenticated("This is no API key: it is cut off or mistyped.")
        stored, good_until = await self._api_keys.get(
            (key.merchant_id, key.key_id), lambda: self._load_api_key(key)
        )
        if stored is None or not _is_secret_right(key, stored):
            raise _unauthenticated("This API key is not known.")
        if not stored.is_live:
            raise _unauthenticated("This API key was revoked or has expired.")
        _check_merchant(stored.merchant_status)
        expires_at = stored.expires_at.timestamp() if stored.expires_at else None
        return Caller(
            key.merchant_id,
            key.key_id,
            tuple(stored.scopes),
            expires_at=expires_at,
            good_until=_earlier(good_until, expires_at),
        )

    async def _check_token(self, token: str) -> Caller:
        claims = await self._verify(token)
        try:
            merchant_id = UUID(claims["merchant_id"])
        except (ValueError, AttributeError, TypeError) as error:
            raise _unauthenticated("The token's merchant_id is not a UUID.") from error
        status, good_until = await self._merchant_statuses.get(
            merchant_id, lambda: self._load_status(merchant_id)
        )
        if status is None:
            raise Problem(FORBIDDEN, "The token's merchant is not known here.")
        _check_merchant(status)
        subject: str = claims["sub"]
        if not (1 <= len(subject) <= 255 and subject.isprintable()):
            raise _unauthenticated("The token's sub must have 1 to 255 printable characters.")
        role: Role = "owner" if claims.get("role") == "owner" else "viewer"
        expires_at = claims["exp"] + _CLOCK_LEEWAY_SECONDS
        good_until = _earlier(good_until, expires_at)
        return Caller(merchant_id, subject, (DASHBOARD_READ,), role, expires_at, good_until)

    async def check_webhook(self, endpoint_id: str, headers: Headers, body: bytes) -> Caller:
        """The caller whose webhook this is; what is wrong with a signature is not told."""
        given = {name: headers.getall(name, []) for name in webhooks.HEADERS}
        message = {name: values[0] for name, values in given.items() if len(values) == 1}
        merchant_id = webhooks.merchant_of(endpoint_id)
        if merchant_id is None:
            raise _unsigned()
        stored, _ = await self._endpoints.get(
            endpoint_id, lambda: self._load_endpoint(merchant_id, endpoint_id, message, body)
        )
        if stored is None or not webhooks.is_signed(stored.secrets, message, body):
            raise _unsigned()
        _check_merchant(stored.merchant_status)
        return Caller(merchant_id, endpoint_id, (EVENTS_WRITE,))

    async def _verify(self, token: str) -> dict[str, Any]:
        if self._signing_keys is None:
            raise _unauthenticated("Tokens are not accepted here: no issuer is configured.")
        if len(token) > _MAX_TOKEN_LENGTH:
            raise _unauthenticated("The token is too long.")
        try:
            key = await self._signing_keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise _unauthenticated("The token's signing key is not known.")
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._issuer,
                audience=self._audience,
                leeway=_CLOCK_LEEWAY_SECONDS,
                options={"require": _REQUIRED_CLAIMS, "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise _unauthenticated(f"The token is not valid: {error}.") from error

    async def _load_api_key(self, key: ApiKey) -> StoredKey | None:
        stored = await self._database.find_api_key(key.merchant_id, key.key_id)
        if stored and stored.is_live and _is_secret_right(key, stored):
            await self._database.touch_api_key(key.merchant_id, key.key_id)
        return stored

    async def _load_endpoint(
        self, merchant_id: UUID, endpoint_id: str, message: dict[str, str], body: bytes
    ) -> StoredEndpoint | None:
        stored = await self._database.find_webhook_endpoint(merchant_id, endpoint_id)
        if stored and webhooks.is_signed(stored.secrets, message, body):
            await self._database.touch_webhook_endpoint(merchant_id, endpoint_id)
        return stored

    async def _load_status(self, merchant_id: UUID) -> str | None:
        merchant = await self._database.get_merchant(merchant_id)
        return merchant.status if merchant else None


def _earlier(good_until: float, expires_at: float | None) -> float:
    """That moment of the process's clock, or when the credential ends, if that is before it."""
    return good_until if expires_at is None else min(good_until, monotonic() + expires_at - time())


def _is_secret_right(key: ApiKey, stored: StoredKey) -> bool:
    return hmac.compare_digest(key.secret_sha256, stored.secret_sha256)


def _check_merchant(status: str) -> None:
    if status != "active":
        raise Problem(MERCHANT_SUSPENDED, "The merchant is suspended; its figures are kept.")


def _unauthenticated(detail: str) -> Problem:
    return Problem(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": _CHALLENGE})


def _unsigned() -> Problem:
    return Problem(
        UNAUTHENTICATED,
        "This webhook is not signed as it must be: check the endpoint's id, its secret and your clock.",
        headers={"WWW-Authenticate": _WEBHOOK_CHALLENGE},
    )


# --- guards --------------------------------------------------------------------------------------
# Plain functions, because Litestar deep-copies whatever a guard is bound to.


async def require_events_caller(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """A server with an API key. A token is refused here: people send no events."""
    credential = _credential(connection.headers)
    if credential is None:
        raise _unauthenticated("Send an API key in X-API-Key.")
    if not credential.is_api_key:
        raise _unauthenticated("Events are sent with an API key; tokens are for reading.")
    await _admit(connection, credential, EVENTS_WRITE)


async def require_dashboard_caller(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """A person with a token, or a server whose API key may read."""
    await _admit(connection, _some_credential(connection), DASHBOARD_READ)


async def check_reader(connection: _AnyConnection) -> Caller:
    """What a request that goes on for long asks again: whether its caller still may read. Charges nothing.

    Errors: Problem 401, 403.
    """
    caller = await _authenticator(connection).check(_some_credential(connection))
    _check_scope(caller, DASHBOARD_READ)
    return caller


async def require_caller(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """Anybody with a token or an API key, whatever it allows."""
    await _admit(connection, _some_credential(connection))


async def require_person(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """A person with a token. An API key is refused: no server makes or ends credentials."""
    credential = _credential(connection.headers)
    if credential is None or credential.is_api_key:
        raise _unauthenticated("Send a token in Authorization: Bearer; API keys manage nothing.")
    await _admit(connection, credential)


async def require_owner(connection: _AnyConnection, _: BaseRouteHandler) -> None:
    """After `require_person`: one whose role is owner."""
    caller: Caller = connection.user
    if caller.role != "owner":
        raise Problem(FORBIDDEN, "This takes the role owner; a token without it may read only.")


def _authenticator(connection: _AnyConnection) -> Authenticator:
    return connection.app.state.authenticator


def _credential(headers: Headers) -> Credential | None:
    """What the request identifies itself by, which is one thing at most (RFC 6750, section 3.1)."""
    api_keys = headers.getall("x-api-key", [])
    authorizations = headers.getall("authorization", [])
    if len(api_keys) + len(authorizations) > 1:
        raise Problem(MALFORMED_REQUEST, "Send one credential: either X-API-Key or Authorization, once.")
    if api_keys:
        return Credential(api_keys[0], is_api_key=True)
    if not authorizations:
        return None
    scheme, _, token = authorizations[0].partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthenticated("The only scheme of Authorization here is Bearer.")
    return Credential(token.strip(), is_api_key=False)


def _some_credential(connection: _AnyConnection) -> Credential:
    credential = _credential(connection.headers)
    if credential is None:
        raise _unauthenticated("Send a token in Authorization: Bearer, or an API key in X-API-Key.")
    return credential


def _check_scope(caller: Caller, scope: str) -> None:
    if scope not in caller.scopes:
        raise Problem(FORBIDDEN, f"This API key does not have the scope {scope}.")


async def _admit(connection: _AnyConnection, credential: Credential, scope: str | None = None) -> None:
    """Lets the request of a valid credential in; it must have the scope, if one is needed."""
    limiter: Limiter = connection.app.state.limiter
    address = limiter.address(connection)
    caller = await _authenticator(connection).recognise(credential, address, limiter.failures)
    if scope:
        _check_scope(caller, scope)
    await admit(connection, caller)


async def admit(connection: _AnyConnection, caller: Caller) -> None:
    """Makes it the caller's request, if its quota allows one more. Errors: Problem 429."""
    connection.scope["user"] = caller
    connection.scope["state"]["merchant_id"] = str(caller.merchant_id)
    await charge(connection, requests=1)
