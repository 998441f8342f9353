"""A world for the tests of a module, as long as they leave it whole."""

from collections.abc import Iterator

import pytest

from tests.conftest import INSTALLATIONS
from tests.faults.world import World, running_world


@pytest.fixture(scope="module", params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with running_world(request.param) as world:
        yield world
