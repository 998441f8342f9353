"""A few random schedules on each server; `make soak` plays many."""

from collections.abc import Iterator

import pytest

from tests.conftest import INSTALLATIONS
from tests.faults.schedule import draw, play
from tests.faults.world import World, running_world


@pytest.fixture(params=INSTALLATIONS, ids=lambda i: f"pg{i.major}")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with running_world(request.param) as world:
        yield world


@pytest.mark.parametrize("number", range(2))
def test_all_holds(world: World, number: int, request: pytest.FixtureRequest) -> None:
    seed = request.config.option.hypothesis_seed + number
    schedule = draw(seed, has_pg_cron=world.has_pg_cron)
    version = world.server.installation.major
    print(f"{schedule}: make soak ARGS='--seed {seed} --schedules 1 --postgres {version}' plays it again")
    play(world, schedule)
