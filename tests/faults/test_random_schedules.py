"""A few random schedules; `make soak` plays many."""

import pytest

from tests.faults.schedule import draw, play
from tests.faults.world import World


@pytest.mark.parametrize("number", range(2))
def test_all_holds(world: World, number: int, request: pytest.FixtureRequest) -> None:
    seed = request.config.option.hypothesis_seed + number
    schedule = draw(seed, has_pg_cron=world.has_pg_cron)
    version = world.server.installation.major
    print(f"{schedule}: make soak ARGS='--seed {seed} --schedules 1 --postgres {version}' plays it again")
    play(world, schedule)
