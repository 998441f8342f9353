"""/docs: the API's description as a page that tries requests out; nothing of it comes from another host."""

from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.openapi.plugins import OpenAPIRenderPlugin

from app.errors import NOT_FOUND, Problem
from app.release import PROJECT_DIR

# Put there by `make web`.
_FOLDER = PROJECT_DIR / "web" / "dist" / "docs"
_MEDIA_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "init.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_CACHE_SECONDS = 3600

# Swagger UI draws some of its icons as data; styles it sets by script, which is not inline.
_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_MISSING = b"""\
<!doctype html>
<title>Molam Connect: API</title>
<p>The files of this page are not installed: <code>make web</code> fetches them.
<p>The description itself is at <a href="/docs/openapi.json">/docs/openapi.json</a>.
"""


class DocsPage(OpenAPIRenderPlugin):
    """Swagger UI from files of our own."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """The page, or what is missing for it."""
        is_whole = all((_FOLDER / name).exists() for name in _MEDIA_TYPES)
        return (_FOLDER / "index.html").read_bytes() if is_whole else _MISSING

    def receive_router(self, router: Router) -> None:
        """Adds the page's files."""
        for name, media_type in _MEDIA_TYPES.items():
            router.register(_file(name, media_type))


def docs_router() -> Router:
    """Where the page and the description are."""
    return Router(
        "/docs",
        route_handlers=[],
        include_in_schema=False,
        response_headers={"Content-Security-Policy": _SECURITY_POLICY},
    )


def _file(name: str, media_type: str) -> Any:
    @get(f"/{name}", media_type=media_type, sync_to_thread=True)
    def file() -> Response[bytes]:
        path = _FOLDER / name
        if not path.exists():
            raise Problem(NOT_FOUND, "The files of this page are not installed.")
        headers = {"Cache-Control": f"public, max-age={_CACHE_SECONDS}"}
        return Response(path.read_bytes(), media_type=media_type, headers=headers)

    return file
