"""Settings: defaults, and one clear error for each wrong value."""

import re
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError

PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.database_url is None
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8081, 1)
    assert settings.data_dir.is_absolute()


def test_empty_means_unset() -> None:
    assert Settings.from_environment({"MOLAM_PORT": " ", "MOLAM_JWT_ISSUER": ""}).port == 8081


def test_prepared_statements_can_be_turned_off() -> None:
    assert Settings.from_environment({"MOLAM_PREPARE_THRESHOLD": "0"}).prepare_threshold is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MOLAM_PORT", "80x", "whole number from 1 to 65535"),
        ("MOLAM_PORT", "0", "whole number from 1 to 65535"),
        ("MOLAM_PORT", "-1", "whole number from 1 to 65535"),
        ("MOLAM_PORT", "²", "whole number from 1 to 65535"),
        ("MOLAM_POOL_TIMEOUT_SECONDS", "nan", "number from 0.05 to 60"),
        ("MOLAM_POOL_TIMEOUT_SECONDS", "soon", "number from 0.05 to 60"),
        ("MOLAM_AUTH_CACHE_SECONDS", "6", "number from 0 to 5"),
        ("MOLAM_TRUSTED_PROXIES", "10.0.0.1/8", "separated by commas"),
        ("MOLAM_LOG_FORMAT", "xml", "json, console"),
        ("MOLAM_LOG_LEVEL", "chatty", "debug, info, warning, error"),
        ("MOLAM_DATABASE_URL", "mysql://x", "postgresql://"),
        ("MOLAM_POOL_MIN", "30", "not be above MOLAM_POOL_MAX"),
        ("MOLAM_JWT_PUBLIC_KEY", "/no/such/file", "neither PEM text nor a readable file"),
        ("MOLAM_DATABASE_URL_FILE", "/no/such/file", "names no readable file"),
        ("MOLAM_JWT_ISSUER", "https://id.example.com", "MOLAM_JWT_AUDIENCE"),
        ("MOLAM_OIDC_CLIENT_ID", "dashboard", "MOLAM_JWT_ISSUER"),
        ("MOLAM_OIDC_ORIGINS", "https://a.example, http://b.example", "not 'http://b.example'"),
        ("MOLAM_OIDC_ORIGINS", "https://a.example; script-src *", "origins like"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(says)) as caught:
        Settings.from_environment({name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize("is_file", [False, True])
def test_a_public_key_is_text_or_a_file(is_file: bool, tmp_path: Path) -> None:
    path = tmp_path / "jwt.pem"
    path.write_text(PEM + "\n")
    environment = {
        "MOLAM_JWT_PUBLIC_KEY": str(path) if is_file else PEM,
        "MOLAM_JWT_ISSUER": "https://id.example.com",
        "MOLAM_JWT_AUDIENCE": "molam",
    }
    assert Settings.from_environment(environment).jwt_public_key == PEM


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "service_url"
    path.write_text("postgresql://molam@postgres/molam\n")
    environment = {"MOLAM_DATABASE_URL_FILE": str(path)}
    assert Settings.from_environment(environment).database_url == "postgresql://molam@postgres/molam"
    # `molam serve` tells its processes by the variable
    environment["MOLAM_DATABASE_URL"] = "postgresql://elsewhere/molam"
    assert Settings.from_environment(environment).database_url == "postgresql://elsewhere/molam"
    path.write_text("mysql://x")
    with pytest.raises(SettingsError, match="MOLAM_DATABASE_URL must start with postgresql"):
        Settings.from_environment({"MOLAM_DATABASE_URL_FILE": str(path)})


def test_every_variable_is_documented() -> None:
    root = Path(__file__).parent.parent
    read = set(re.findall(r'read\.\w+\("(\w+)"', (root / "app" / "settings.py").read_text()))
    documented = set(re.findall(r"^#MOLAM_(\w+)=", (root / ".env.example").read_text(), re.MULTILINE))
    assert read == documented
