"""The API's description as JSON, without a running service: `python -m docs.openapi`."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from app.main import create_app
from app.settings import Settings


def document() -> dict[str, Any]:
    """What /docs/openapi.json answers."""
    settings = Settings(database_url="postgresql:///", data_dir=Path(tempfile.gettempdir()))
    return create_app(settings).openapi_schema.to_schema()


if __name__ == "__main__":
    print(msgspec.json.encode(document()).decode())  # noqa: T201
