"""A few random schedules of moves and faults; `make soak ARGS="--shards"` plays many."""

from collections.abc import Iterator

import pytest

from tests.conftest import HAS_PLPROXY, missing_software
from tests.shards.invariants import check_cluster
from tests.shards.schedule import draw, play
from tests.shards.world import SHARDS, ShardedWorld, running_sharded_world


@pytest.fixture(scope="module")
def world() -> Iterator[ShardedWorld]:
    if not HAS_PLPROXY:
        pytest.skip("; ".join(missing_software()))
    with running_sharded_world() as world:
        yield world


@pytest.mark.parametrize("seed", [51, None], ids=["fixed", "random"])
def test_all_holds(world: ShardedWorld, seed: int | None, request: pytest.FixtureRequest) -> None:
    seed = seed or request.config.option.hypothesis_seed
    schedule = draw(seed)
    print(f"{schedule}: make soak ARGS='--shards --seed {seed} --schedules 1' plays it again")
    play(world, schedule)


def test_it_is_noticed_when_the_router_leads_elsewhere(world: ShardedWorld) -> None:
    merchant_id = world.open_shops(world.shops)[0].merchant_id
    place = world.place(merchant_id)
    elsewhere = next(name for name in SHARDS if name != place)
    world.execute("select ops.place_merchant(%s, %s)", (merchant_id, elsewhere))
    with pytest.raises(AssertionError, match="on others are rows"):
        check_cluster(world)
    world.execute("select ops.place_merchant(%s, %s)", (merchant_id, place))
    check_cluster(world)


def test_it_is_noticed_when_a_merchant_stays_paused(world: ShardedWorld) -> None:
    merchant_id = world.open_shops(world.shops)[0].merchant_id
    shard = world.shards[world.place(merchant_id)]
    shard.execute("select internal.freeze_merchant(%s, 60)", (merchant_id,))
    with pytest.raises(AssertionError, match="not at home"):
        check_cluster(world)
    shard.execute("select internal.freeze_merchant(%s, 0)", (merchant_id,))
    check_cluster(world)
