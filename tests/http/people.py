"""Merchants with people: an owner and a viewer, who manage keys and webhook endpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

KEYS = "/api/keys"
ENDPOINTS = "/api/webhook-endpoints"

Json = dict[str, Any]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Person:
    """Somebody with a token, and the service to call."""

    client: httpx.Client
    merchant_id: UUID
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        return self.client.request(method, path, json=body, headers=self.headers)

    def get(self, path: str) -> Json:
        response = self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def make(self, path: str, body: Json | None = None) -> Json:
        """Creates or rotates something; what comes back holds a secret that nobody is to keep."""
        response = self.ask("POST", path, body)
        assert response.status_code == 201, response.text
        assert "no-store" in response.headers["cache-control"]
        return response.json()

    def end(self, path: str) -> None:
        response = self.ask("DELETE", path)
        assert (response.status_code, response.content) == (204, b"")


MakePerson = Callable[..., Person]
