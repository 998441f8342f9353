"""/docs: a page of our own files, under a policy that lets it load nothing else."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import docs_page
from tests.http.conftest import assert_problem

FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "init.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


def test_the_page(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    # no inline script, no inline style, and nothing from elsewhere
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|//", page.text)
    linked = set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    assert linked == {f"/docs/{name}" for name in FILES} | {"/docs/openapi.json"}


def test_its_files(client: httpx.Client) -> None:
    for name, media_type in FILES.items():
        response = client.get(f"/docs/{name}")
        assert response.status_code == 200, name
        assert response.headers["content-type"].split(";")[0] == media_type
        assert response.headers["cache-control"].startswith("public")
        assert response.content
    assert 'url: "/docs/openapi.json"' in client.get("/docs/init.js").text


def test_its_policy(client: httpx.Client) -> None:
    for path in ("/docs", "/docs/openapi.json", *(f"/docs/{name}" for name in FILES)):
        policy = client.get(path).headers["content-security-policy"]
        allowed = dict(directive.split(" ", 1) for directive in policy.split("; "))
        assert allowed["default-src"] == "'none'"
        assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == "'self'"
        assert "unsafe" not in policy
        assert "http" not in policy


def test_a_page_without_its_files_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request: Any = None
    assert b"make web" not in docs_page.DocsPage().render(request, {})
    monkeypatch.setattr(docs_page, "_FOLDER", tmp_path)
    assert b"make web" in docs_page.DocsPage().render(request, {})


def test_other_paths_below(client: httpx.Client) -> None:
    assert client.get("/docs/nope").status_code == 404
    assert_problem(client.get("/docs/nope.json"), 404, "not-found")
