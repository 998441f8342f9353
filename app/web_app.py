"""The dashboard's files, which `make web` builds: read once, found by name, never by path.

Every name of `assets/` tells its content, so browsers keep those for good; all else they ask about each time,
and hear that it is still the same.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from app.release import PROJECT_DIR
from app.settings import Settings

WEB_FOLDER = PROJECT_DIR / "web" / "dist"

INDEX = "index.html"
ASSETS = "assets/"
# The page of the API is another's (app/docs_page.py).
_DOCS = "docs"

_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

# What the build has compressed, by suffix; what is smallest comes first.
_ENCODINGS = {".br": "br", ".gz": "gzip"}
_IDENTITY = "identity"

_MISSING = b"""\
<!doctype html>
<html lang="en">
<title>Molam Connect</title>
<p>The dashboard is not built: run <code>make web</code>, then start the service again.
<p>The API is there, and described at <a href="/docs">/docs</a>.
"""


class Representation(NamedTuple):
    """The bytes of a file in one encoding, and the tag by which they are known again."""

    encoding: str
    content: bytes
    tag: str


class WebFile:
    """A file in all its encodings. Parameters: its `name`, and its `contents` by encoding."""

    def __init__(self, name: str, contents: Mapping[str, bytes]) -> None:
        self.media_type = _MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
        self._representations = [
            Representation(encoding, contents[encoding], _tag(contents[encoding]))
            for encoding in (*_ENCODINGS.values(), _IDENTITY)
            if encoding in contents
        ]

    def choose(self, accept_encoding: str) -> Representation:
        """The smallest that the header allows; the plain one, whatever it says, when there is no other."""
        weights = _weights(accept_encoding)
        return next(r for r in self._representations if r.encoding == _IDENTITY or weights.get(r.encoding))


class WebApp:
    """The built files, by name, and the headers that all of them have.

    Parameters: the `folder` they are in, `settings` for where the browser signs in.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._files = {name: WebFile(name, contents) for name, contents in _read(folder).items()}
        self._files.setdefault(INDEX, WebFile(INDEX, {_IDENTITY: _MISSING}))
        self.headers = {
            "Content-Security-Policy": security_policy(_sign_in_origins(settings)),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
        }

    def find(self, name: str) -> WebFile | None:
        """The file of that name below the folder."""
        return self._files.get(name)

    @property
    def index(self) -> WebFile:
        """The page that is all pages; when nothing is built, one that says so."""
        return self._files[INDEX]


def security_policy(origins: Iterable[str]) -> str:
    """The Content-Security-Policy: our own files alone; `origins` may be asked, too."""
    asked = " ".join(("'self'", *origins))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src {asked}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _sign_in_origins(settings: Settings) -> list[str]:
    if not (settings.oidc_client_id and settings.jwt_issuer):
        return []
    parts = urlsplit(settings.jwt_issuer)
    return list(dict.fromkeys((f"{parts.scheme}://{parts.netloc}", *settings.oidc_origins)))


def _read(folder: Path) -> dict[str, dict[str, bytes]]:
    """By each file's name below the folder its contents by encoding."""
    contents: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != _DOCS:
            encoding = _ENCODINGS.get(path.suffix, _IDENTITY)
            plain = name if encoding == _IDENTITY else name.with_suffix("")
            contents.setdefault(plain.as_posix(), {})[encoding] = path.read_bytes()
    return contents


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _weights(accept_encoding: str) -> dict[str, float]:
    """The header's weights by encoding (RFC 9110, section 12.5.3); what cannot be read weighs nothing."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        try:
            weights[coding.strip()] = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
    return weights
