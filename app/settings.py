"""Environment variables to one frozen struct. Every variable is described in `.env.example`."""

import os
import re
import sys
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

import msgspec
import platformdirs

Network = IPv4Network | IPv6Network

LogFormat = Literal["json", "console"]

_DATABASE_SCHEMES = ("postgresql://", "postgres://")
_LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A variable holds something that is not allowed; the message names it and says what is."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the service, the worker and the commands need to know from outside.

    `database_url` is None when no database is configured: commands then use the embedded server whose
    folder is `data_dir`. `read_database_url` is that of a streaming replica; `cron_database` the name of
    the database in which pg_cron lives, where that is another one.
    """

    database_url: str | None = None
    read_database_url: str | None = None
    listen_database_url: str | None = None
    cron_database: str | None = None
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8081
    workers: int = 1
    pool_min: int = 2
    pool_max: int = 20
    pool_max_waiting: int = 200
    pool_timeout_seconds: float = 2.0
    report_pool_max: int = 4
    max_waiting_events: int = 1000
    prepare_threshold: int | None = 5
    max_body_bytes: int = 4 * 1024 * 1024
    max_streams: int = 5000
    max_streams_per_merchant: int = 100
    metrics_token: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_jwks_url: str | None = None
    jwt_public_key: str | None = None
    oidc_client_id: str | None = None
    oidc_scope: str = "openid"
    oidc_audience: str | None = None
    oidc_resource: str | None = None
    oidc_origins: tuple[str, ...] = ()
    auth_cache_seconds: float = 3.0
    trusted_proxies: tuple[Network, ...] = ()
    log_level: str = "info"
    log_format: LogFormat = "json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Reads the MOLAM_ variables; empty means unset: then the file counts that MOLAM_<NAME>_FILE names.

        Errors: SettingsError when a value is not allowed or two values contradict each other.
        """
        read = _Reader(environment)
        settings = cls(
            database_url=read.text("DATABASE_URL", starts_with=_DATABASE_SCHEMES),
            read_database_url=read.text("READ_DATABASE_URL", starts_with=_DATABASE_SCHEMES),
            listen_database_url=read.text("LISTEN_DATABASE_URL", starts_with=_DATABASE_SCHEMES),
            cron_database=read.text("CRON_DATABASE"),
            data_dir=Path(read.text("DATA_DIR") or _default_data_dir()).expanduser().absolute(),
            host=read.text("HOST") or "127.0.0.1",
            port=read.integer("PORT", 8081, 1, 65535),
            workers=read.integer("WORKERS", 1, 1, 64),
            pool_min=read.integer("POOL_MIN", 2, 0, 1000),
            pool_max=read.integer("POOL_MAX", 20, 1, 1000),
            pool_max_waiting=read.integer("POOL_MAX_WAITING", 200, 1, 100_000),
            pool_timeout_seconds=read.number("POOL_TIMEOUT_SECONDS", 2.0, 0.05, 60.0),
            report_pool_max=read.integer("REPORT_POOL_MAX", 4, 1, 100),
            max_waiting_events=read.integer("MAX_WAITING_EVENTS", 1000, 1, 100_000),
            # 0 turns server-side prepared statements off, for a pgbouncer older than 1.21.
            prepare_threshold=read.integer("PREPARE_THRESHOLD", 5, 0, 1000) or None,
            max_body_bytes=read.integer("MAX_BODY_BYTES", 4 * 1024 * 1024, 1024, 64 * 1024 * 1024),
            max_streams=read.integer("MAX_STREAMS", 5000, 1, 100_000),
            max_streams_per_merchant=read.integer("MAX_STREAMS_PER_MERCHANT", 100, 1, 100_000),
            metrics_token=read.text("METRICS_TOKEN"),
            jwt_issuer=read.text("JWT_ISSUER"),
            jwt_audience=read.text("JWT_AUDIENCE"),
            jwt_jwks_url=read.text("JWT_JWKS_URL", starts_with=("https://", "http://")),
            jwt_public_key=read.pem("JWT_PUBLIC_KEY"),
            oidc_client_id=read.text("OIDC_CLIENT_ID"),
            oidc_scope=read.text("OIDC_SCOPE") or "openid",
            oidc_audience=read.text("OIDC_AUDIENCE"),
            oidc_resource=read.text("OIDC_RESOURCE"),
            oidc_origins=read.origins("OIDC_ORIGINS"),
            auth_cache_seconds=read.number("AUTH_CACHE_SECONDS", 3.0, 0.0, 5.0),
            trusted_proxies=read.networks("TRUSTED_PROXIES"),
            log_level=read.choice("LOG_LEVEL", "info", _LOG_LEVELS),
            log_format=cast(LogFormat, read.choice("LOG_FORMAT", _default_log_format(), ("json", "console"))),
        )
        settings._check()
        return settings

    def _check(self) -> None:
        """Refuses combinations that could only fail later, at the first request."""
        if self.pool_min > self.pool_max:
            raise SettingsError(
                f"MOLAM_POOL_MIN ({self.pool_min}) must not be above MOLAM_POOL_MAX ({self.pool_max})"
            )
        if self.jwt_jwks_url and self.jwt_public_key:
            raise SettingsError("set MOLAM_JWT_JWKS_URL or MOLAM_JWT_PUBLIC_KEY, not both")
        has_key = bool(self.jwt_jwks_url or self.jwt_public_key)
        if has_key != bool(self.jwt_issuer) or has_key != bool(self.jwt_audience):
            raise SettingsError(
                "to accept tokens set MOLAM_JWT_ISSUER, MOLAM_JWT_AUDIENCE and one of "
                "MOLAM_JWT_JWKS_URL or MOLAM_JWT_PUBLIC_KEY; to accept none leave all of them unset"
            )
        if self.oidc_client_id and not _is_origin(_origin(self.jwt_issuer or "")):
            raise SettingsError(
                "with MOLAM_OIDC_CLIENT_ID people sign in at MOLAM_JWT_ISSUER, "
                "which must be an address: https, or http on this machine"
            )


class _Reader:
    """Reads one variable at a time, with an error that names it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, *, starts_with: tuple[str, ...] = ()) -> str | None:
        value = self._environment.get(f"MOLAM_{name}", "").strip() or self._file(name)
        if value and starts_with and not value.startswith(starts_with):
            raise SettingsError(f"MOLAM_{name} must start with {' or '.join(starts_with)}")
        return value or None

    def _file(self, name: str) -> str:
        """What is in the file that MOLAM_<NAME>_FILE names: containers are given secrets as files."""
        path = self._environment.get(f"MOLAM_{name}_FILE", "").strip()
        if not path:
            return ""
        try:
            return Path(path).expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"MOLAM_{name}_FILE names no readable file: {error}") from error

    def integer(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if value.isascii() and value.isdecimal() and lowest <= int(value) <= highest:
            return int(value)
        raise SettingsError(f"MOLAM_{name} must be a whole number from {lowest} to {highest}, not {value!r}")

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        value = self.text(name)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if lowest <= number <= highest:
            return number
        raise SettingsError(f"MOLAM_{name} must be a number from {lowest:g} to {highest:g}, not {value!r}")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = (self.text(name) or default).lower()
        if value in allowed:
            return value
        raise SettingsError(f"MOLAM_{name} must be one of {', '.join(allowed)}, not {value!r}")

    def networks(self, name: str) -> tuple[Network, ...]:
        """Addresses and networks, separated by commas."""
        try:
            return tuple(
                ip_network(part.strip()) for part in (self.text(name) or "").split(",") if part.strip()
            )
        except ValueError as error:
            raise SettingsError(
                f"MOLAM_{name} must be addresses or networks like 10.0.0.0/8, separated by commas: {error}"
            ) from error

    def origins(self, name: str) -> tuple[str, ...]:
        """Origins like https://login.example.com, separated by commas."""
        origins = [part.strip().rstrip("/") for part in (self.text(name) or "").split(",") if part.strip()]
        if wrong := [origin for origin in origins if not _is_origin(origin)]:
            raise SettingsError(
                f"MOLAM_{name} must be origins like https://login.example.com, separated by commas, "
                f"not {wrong[0]!r}"
            )
        return tuple(origins)

    def pem(self, name: str) -> str | None:
        """The PEM text itself, or the path of a file that holds it."""
        value = self.text(name)
        if value is None or value.startswith("-----BEGIN"):
            return value
        try:
            text = Path(value).expanduser().read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"MOLAM_{name} is neither PEM text nor a readable file: {error}") from error
        if not text.lstrip().startswith("-----BEGIN"):
            raise SettingsError(f"MOLAM_{name}: {value} holds no PEM text (-----BEGIN PUBLIC KEY-----)")
        return text.strip()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _is_origin(text: str) -> bool:
    """Whether a browser may send tokens there; it goes into a header, so nothing else may be in it."""
    on_this_machine = r"http://(localhost|127\.0\.0\.1|\[::1\])"
    return bool(re.fullmatch(rf"(https://[A-Za-z0-9.-]+|{on_this_machine})(:\d+)?", text))


def _default_log_format() -> LogFormat:
    return "console" if sys.stderr.isatty() else "json"


def _default_data_dir() -> Path:
    """A per-user data folder; for root one that the server's unprivileged user can reach."""
    if os.geteuid() == 0:
        return Path("/var/lib/molam")
    return platformdirs.user_data_path("molam", appauthor=False)
