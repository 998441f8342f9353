"""How people sign in here: what the browser needs to know before anybody has."""

from litestar import Router, get

from app.answers import SignIn
from app.local_identity import ISSUER
from app.openapi import Reply, describe
from app.settings import Settings


def sign_in_of(settings: Settings) -> SignIn:
    """What the settings allow: `development` where nobody but the embedded server's own key signs tokens."""
    if settings.oidc_client_id:
        return SignIn(
            mode="oidc",
            issuer=settings.jwt_issuer,
            client_id=settings.oidc_client_id,
            scope=settings.oidc_scope,
            audience=settings.oidc_audience,
            resource=settings.oidc_resource,
        )
    return SignIn(mode="development" if settings.jwt_issuer == ISSUER else "none")


@get(
    "/sign-in",
    summary="How people sign in",
    operation_class=describe({200: Reply("What a browser needs for it", SignIn)}),
    sync_to_thread=False,
)
def sign_in(sign_in_settings: SignIn) -> SignIn:
    """What the dashboard asks before anybody has signed in; needs no credentials.

    With `oidc` the browser gets its token from `issuer` (OpenID Connect, authorization code with PKCE).
    With `development` the address that `molam up` prints carries one.
    """
    return sign_in_settings


ROUTER = Router("/api", route_handlers=[sign_in], tags=["Account"])
