"""Each fault of the catalogue by itself: afterwards, and meanwhile, every invariant holds."""

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import INSTALLATIONS
from tests.faults.fault import Fault
from tests.faults.schedule import FAULTS, Schedule, play
from tests.faults.world import World, running_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Of pg_cron and two workers, where there is pg_cron."""
    with running_world(INSTALLATIONS[-1]) as world:
        yield world


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_all_holds(
    world: World, fault: Fault, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    if lacks := fault.lacks(has_pg_cron=world.has_pg_cron):
        pytest.skip(lacks)
    seed = request.config.option.hypothesis_seed
    report = play(world, Schedule(f"{fault.name} {seed}", [[fault]]))
    assert report.acknowledged > 0
