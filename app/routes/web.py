"""The dashboard in the browser: its files, and its one page at every path that is nobody else's."""

from typing import Any

from litestar import HttpMethod, Request, Response, Router, route

from app.errors import NOT_FOUND, Problem
from app.web_app import ASSETS, WebApp, WebFile

# What begins so is never a page of the dashboard, also where nothing answers.
_OTHERS = ("api", "docs", "problems", "metrics", "healthz", "readyz", "assets")

_ASSET_CACHING = "public, max-age=31536000, immutable"
# Kept, but asked about each time: a new release is there at once.
_PAGE_CACHING = "no-cache"

_Request = Request[Any, Any, Any]


@route(
    ["/", "/{path:path}"],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
    sync_to_thread=False,
)
def web_file(request: _Request, web_app: WebApp) -> Response[bytes]:
    """A file by its name; else the page, for whoever asks for a page, whichever the script then shows."""
    name = request.scope["path"].strip("/")
    if file := web_app.find(name):
        return _answer(request, web_app, file, _ASSET_CACHING if name.startswith(ASSETS) else _PAGE_CACHING)
    if name == "" or (_wants_page(request) and name.split("/")[0] not in _OTHERS):
        return _answer(request, web_app, web_app.index, _PAGE_CACHING)
    raise Problem(NOT_FOUND, "There is nothing at this path.")


def _answer(request: _Request, web_app: WebApp, file: WebFile, caching: str) -> Response[bytes]:
    chosen = file.choose(request.headers.get("accept-encoding", ""))
    headers = {
        **web_app.headers,
        "Cache-Control": caching,
        "ETag": chosen.tag,
        "Vary": "Accept, Accept-Encoding",
    }
    if _has_it(request, chosen.tag):
        return Response(b"", status_code=304, headers=headers)
    headers |= {"Content-Encoding": chosen.encoding} if chosen.encoding != "identity" else {}
    headers["Content-Length"] = str(len(chosen.content))
    content = b"" if request.method == HttpMethod.HEAD else chosen.content
    return Response(content, media_type=file.media_type, headers=headers)


def _has_it(request: _Request, tag: str) -> bool:
    """Whether If-None-Match names it; a proxy that compresses weakens tags."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in given.split(","))


def _wants_page(request: _Request) -> bool:
    """Browsers name HTML when somebody follows a link; scripts and programs that take anything do not."""
    return "text/html" in request.headers.get("accept", "").lower()


ROUTER = Router("/", route_handlers=[web_file])
