"""A service whose dashboard is in the folder that TESTS_WEB_FOLDER names."""

import os
from pathlib import Path

from litestar import Litestar

from app import main


def create_app() -> Litestar:
    """For `server.serve`."""
    return main.create_app(web_folder=Path(os.environ["TESTS_WEB_FOLDER"]))
