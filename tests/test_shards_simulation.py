"""The model of a thousand shards: what must hold whatever it starts from."""

import math
from dataclasses import replace
from statistics import pstdev

import pytest

from bench import shards_simulation as model

# A shard has 4,000 merchants, and some of those have a good part of it.
PLAN = model.Plan(shards=50, merchants=200_000, partitions=512, exponent=1.1, followed=4_000, explosions=5)


def scaled(plan: model.Plan) -> model.Plan:
    """As full as 1,000 shards of ten million merchants are."""
    return replace(plan, events_per_merchant=0.75 * plan.shards * plan.budget / plan.merchants)


def everything(fleet: model.Fleet) -> float:
    """Events of all shards and of all merchants with servers of their own."""
    return math.fsum(fleet.shard_loads()) + math.fsum(fleet.sizes[merchant] for merchant in fleet.alone)


@pytest.fixture
def fleet() -> model.Fleet:
    return model.new_fleet(scaled(PLAN), seed=1)


def test_merchants_have_as_many_events_as_are_asked_for(fleet: model.Fleet) -> None:
    assert fleet.events == pytest.approx(fleet.plan.events)
    assert everything(fleet) == pytest.approx(fleet.plan.events)


def test_zipf_sum_is_the_sum() -> None:
    for exponent in (0.7, 1, 1.8):
        exact = math.fsum((rank + 5) ** -exponent for rank in range(1_000, 50_000))
        assert model.zipf_sum(1_000, 50_000, 5, exponent) == pytest.approx(exact, rel=1e-6)


def test_sums_of_small_merchants_spread_as_drawing_each_of_them_does(fleet: model.Fleet) -> None:
    """But for chance, which with 512 partitions is a twentieth or so."""
    drawn = model.new_fleet(replace(fleet.plan, followed=fleet.plan.merchants), seed=1)
    assert not any(drawn.small)
    by_partition = [0.0] * fleet.plan.partitions
    for merchant in range(fleet.plan.followed, fleet.plan.merchants):
        by_partition[drawn.partition_of[merchant]] += drawn.sizes[merchant]
    assert math.fsum(by_partition) == pytest.approx(math.fsum(fleet.small))
    assert pstdev(by_partition) == pytest.approx(pstdev(fleet.small), rel=0.2)


def test_moving_conserves_the_load(fleet: model.Fleet) -> None:
    for _ in range(3):
        before = everything(fleet)
        assert model.settle(fleet).moves
        assert everything(fleet) == pytest.approx(before)
        assert everything(fleet) == pytest.approx(fleet.events)
        model.change(fleet)


def test_moves_are_of_what_was_there_and_of_its_size(fleet: model.Fleet) -> None:
    model.give_own_servers(fleet)
    loads = fleet.shard_loads()
    places = list(fleet.shard_of)
    moves = model.rebalance(fleet)
    for move in moves:
        from_shard = places[move.what if move.kind == "partition" else fleet.partition_of[move.what]]
        loads[from_shard] -= move.size
        loads[move.to] += move.size
        if move.kind == "partition":
            places[move.what] = move.to
    assert moves
    assert loads == pytest.approx(fleet.shard_loads())


def test_a_merchant_that_has_left_goes_with_its_partition_no_more(fleet: model.Fleet) -> None:
    partitions = fleet.partition_loads()
    partition = fleet.partition_of[0]
    alone = model._carry_out(fleet, ("merchant", 0), 1, partitions)
    rest = model._carry_out(fleet, ("partition", partition), 2, partitions)
    assert (fleet.shard(0), fleet.shard_of[partition]) == (1, 2)
    assert alone.size == fleet.sizes[0]
    assert partitions == pytest.approx(fleet.partition_loads())
    assert rest.size == pytest.approx(fleet.partition_loads()[partition])
    assert rest.copied < alone.copied


def test_one_who_was_moved_and_then_gets_a_server_is_on_no_shard(fleet: model.Fleet) -> None:
    model._carry_out(fleet, ("merchant", 3_999), 1, fleet.partition_loads())
    fleet.sizes[3_999] = fleet.plan.budget
    assert 3_999 in {move.what for move in model.give_own_servers(fleet)}
    assert everything(fleet) == pytest.approx(fleet.events)


def test_as_many_events_are_retained_as_come_while_they_are(fleet: model.Fleet) -> None:
    fleet.plan = replace(fleet.plan, growth=0, spread=0, closed=0, opened=0, explosions=0)
    for _ in range(3):
        model.change(fleet)
    retained = [size * fleet.plan.retention_days for size in fleet.sizes]
    assert fleet.retained == pytest.approx(retained)


def test_nobody_is_too_full_when_there_is_room(fleet: model.Fleet) -> None:
    plan = fleet.plan
    assert model.too_full(plan, fleet.shard_loads())
    for _ in range(6):
        assert model.settle(fleet).left_too_full == 0
        assert max(fleet.shard_loads()) <= plan.high * plan.budget
        model.change(fleet)


def test_who_receives_is_not_filled_above_the_target(fleet: model.Fleet) -> None:
    model.give_own_servers(fleet)
    receivers = {move.to for move in model.rebalance(fleet)}
    loads = fleet.shard_loads()
    assert receivers
    assert all(loads[shard] <= fleet.plan.target * fleet.plan.budget * 1.000001 for shard in receivers)


def test_without_room_it_ends_and_says_who_is_left() -> None:
    plan = replace(scaled(PLAN), more_shards=99, own_share=99)
    fleet = model.new_fleet(replace(plan, events_per_merchant=2 * plan.events_per_merchant), seed=1)
    month = model.settle(fleet)
    assert month.shards == plan.shards
    assert month.left_too_full
    assert everything(fleet) == pytest.approx(fleet.events)


def test_shards_are_added_when_they_get_full(fleet: model.Fleet) -> None:
    fleet.sizes = [2 * size for size in fleet.sizes]
    fleet.small = [2 * size for size in fleet.small]
    month = model.settle(fleet)
    assert month.shards > fleet.plan.shards
    assert month.filled <= fleet.plan.more_shards
    assert month.left_too_full == 0


def test_the_smallest_that_suffices_is_given_away(fleet: model.Fleet) -> None:
    partitions = [10.0, 30.0, 20.0, 50.0]
    pieces = [("partition", number) for number in range(4)]
    assert model._choose(fleet, pieces, partitions, excess=15, free=100) == ("partition", 2)
    assert model._choose(fleet, pieces, partitions, excess=40, free=45) == ("partition", 1)
    assert model._choose(fleet, pieces, partitions, excess=5, free=5) is None


def test_the_same_seed_gives_the_same_year_and_another_one_another() -> None:
    plan = scaled(PLAN)
    first, again, other = (model.simulate(plan, seed, 2)[1] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_more_partitions_spread_small_merchants_more_evenly() -> None:
    """Large ones not: each lies in one of them."""
    spreads = []
    for partitions in (32, 256, 8_192):
        fleet = model.new_fleet(replace(scaled(PLAN), exponent=0.3, partitions=partitions), seed=1)
        loads = fleet.shard_loads()
        spreads.append(pstdev(loads) / (sum(loads) / len(loads)))
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[-1] < spreads[0] / 5


def test_the_more_skew_the_more_have_servers_of_their_own() -> None:
    counts = []
    for exponent in (0.5, 0.9, 1.1):
        fleet = model.new_fleet(replace(scaled(PLAN), exponent=exponent), seed=1)
        counts.append(len(model.give_own_servers(fleet)))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_one_who_explodes_is_moved_before_it_has_much_to_copy(fleet: model.Fleet) -> None:
    model.settle(fleet)
    merchant = next(m for m, size in enumerate(fleet.sizes) if m not in fleet.alone and size)
    fleet.sizes[merchant] = fleet.plan.budget
    (move,) = (move for move in model.give_own_servers(fleet) if move.what == merchant)
    assert move.copied < 0.6 * fleet.plan.budget * fleet.plan.retention_days


def test_a_shards_budget_is_what_ends_first() -> None:
    plan = model.Plan()
    assert plan.rate_budget < plan.share_planned * min(plan.stored_per_second, plan.aggregated_per_second)
    assert plan.budget == plan.disk_budget(plan.disk_terabytes)
    assert replace(plan, disk_terabytes=1e6).budget == plan.by_peak(plan.rate_budget)


def test_the_page_has_the_figures_of_the_model() -> None:
    """Of the tables that take no year to work out; the others are made by the same run."""
    page = model.PAGE.read_text()
    plan = model.Plan()
    for figures in (model.shard_table(plan), model.merchant_table(plan), model.delay_table(plan)):
        assert model.line(figures.columns) in page
        for row in figures.rows:
            assert model.line(row) in page
