"""A thousand shards, as a model: `python -m bench.shards_simulation`.

How full shards get, what is moved in a month, and what one merchant costs that outgrows a shard. Nothing
is measured here: the figures of one shard are those of docs/benchmarks.md (`Plan` says which), all else is
assumed.

Merchants go to virtual partitions by a hash, so each one lies in a random partition; partitions go to shards
in turns. A merchant's size is its events a day; sizes follow Zipf's law as in bench/workload.py, and change
by random factors. Drawing ten million of them every month would take minutes, so the largest 100,000 are
followed one by one, and the others as sums by partition: there are hundreds of them in each, none has a
thousandth of a shard, and the sum of so many is normally distributed with a mean and a variance that Zipf's
law gives. tests/test_shards_simulation.py holds this against drawing every merchant.

A shard is as full as it will be when its merchants have sent what they send today for as long as anything is
kept: that is known at once, while disks fill for years, and what moves early is soon copied.

By the same seed the same figures. Takes about a minute and 50 MB.
"""

import argparse
import heapq
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import NamedTuple

from rich.console import Console

from bench.figures import print_table, readable

PAGE = Path(__file__).parents[1] / "docs" / "shards-simulation.md"
DAY = 86_400
MONTH_DAYS = 365 / 12
KINDS = ("partition", "merchant", "alone")
PARTITIONS = (1_024, 4_096, 16_384, 65_536)
EXPONENTS = (0.7, 0.9, 1.1)
# Added when the shards get full, of those there are.
ADDED = 0.05

notes = Console(stderr=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the model starts from. Events are a day's, where nothing else is said."""

    # Measured: docs/benchmarks.md, growth, two processors. 10,000 merchants, as many as a shard has here.
    stored_per_second: float = 27_140
    aggregated_per_second: float = 11_506
    # Measured there with 5 million events, 137 a day of each merchant, the nearest to the mean here.
    raw_bytes: float = 475
    # Measured: the list of transactions with its indexes, 300,000 events of 100 merchants in a year.
    list_bytes: float = 306
    # What stays for ever: all other tables of those 5 million events.
    other_bytes: float = 1_028 - 475 - 306
    # Measured: docs/data-life.md, retention, what is left of ten merchants' events of a year.
    retired_bytes: float = 50e6 / 200_000
    # Measured there with 20 million events, by two runners: one bucket has one of them.
    merchant_per_second: float = 15_092 / 2
    # Measured: docs/benchmarks.md, moving merchants, all steps of a large one together.
    moved_per_second: float = 8_000
    # A shard is planned for so much of what was measured: docs/capacity.md.
    share_planned: float = 0.5

    # Assumed.
    shards: int = 1_000
    merchants: int = 10_000_000
    partitions: int = 16_384
    events_per_merchant: float = 200
    exponent: float = 0.9
    offset: float = 5
    peak: float = 5
    retention_days: float = 400
    kept_days: float = 3 * 365
    disk_terabytes: float = 4
    large_disk_terabytes: float = 64

    # How merchants change in a month: growth is that of each, drawn from a lognormal distribution.
    growth: float = 0.01
    spread: float = 0.15
    closed: float = 0.01
    opened: float = 0.02
    explosions: int = 10
    explosion: tuple[float, float] = (10, 100)

    # When a shard gives something away, and until when: of its budget.
    high: float = 0.9
    target: float = 0.8
    own_share: float = 0.5
    more_shards: float = 0.75

    followed: int = 100_000

    @property
    def rate_budget(self) -> float:
        """Events/s that a shard is planned for, which stores and aggregates them at the same time."""
        both = 1 / (1 / self.stored_per_second + 1 / self.aggregated_per_second)
        return both * self.share_planned

    @property
    def bytes_kept(self) -> float:
        """Disk of one event a day, when it has come every day for as long as anything is kept."""
        retired = self.retired_bytes * max(self.kept_days - self.retention_days, 0)
        in_full = (self.raw_bytes + self.list_bytes) * self.retention_days
        return in_full + retired + self.other_bytes * self.kept_days

    def disk_budget(self, terabytes: float) -> float:
        """Events that fill as much of such a disk as is planned for."""
        return terabytes * 1e12 * self.share_planned / self.bytes_kept

    def by_peak(self, events_per_second: float) -> float:
        """Events whose busiest second has so many."""
        return events_per_second * DAY / self.peak

    @property
    def budget(self) -> float:
        """Events that a shard is planned for: what comes first, the rate or the disk."""
        return min(self.by_peak(self.rate_budget), self.disk_budget(self.disk_terabytes))

    @property
    def events(self) -> float:
        """Of all merchants."""
        return self.merchants * self.events_per_merchant


class Move(NamedTuple):
    """Of a partition or a merchant, to a shard or a server of its own; events a day, and those copied."""

    kind: str
    what: int
    to: int
    size: float
    copied: float


class Month(NamedTuple):
    """What a month has done: how full shards were before, what was moved, and how full they are now.

    Fill is of a shard's budget; elsewhere are merchants that do not lie where their partition does.
    """

    shards: int
    own_servers: int
    elsewhere: int
    filled: float
    fullest: float
    too_full: int
    moves: list[Move]
    left_too_full: int

    def moved(self, kind: str) -> int:
        """How many of that kind."""
        return sum(move.kind == kind for move in self.moves)

    @property
    def copied(self) -> float:
        """Events."""
        return math.fsum(move.copied for move in self.moves)


@dataclass(slots=True)
class Fleet:
    """Who is where. Of small merchants only sums are known."""

    plan: Plan
    rng: random.Random
    shards: int
    # of the merchants that are followed one by one
    sizes: list[float]
    retained: list[float]
    partition_of: list[int]
    merchants_of: dict[int, list[int]]
    # of the others, by partition: their events, and the sum of the squares of each one's
    small: list[float]
    squares: float
    shard_of: list[int]
    # merchants that do not lie where their partition does: on a shard, or on a server of their own
    placed: dict[int, int] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)

    def shard(self, merchant: int) -> int:
        """Where the merchant is, if it has no server of its own."""
        placed = self.placed.get(merchant)
        return self.shard_of[self.partition_of[merchant]] if placed is None else placed

    def partition_loads(self) -> list[float]:
        """Events of each partition, without those of merchants that are elsewhere."""
        loads = list(self.small)
        for partition, size in zip(self.partition_of, self.sizes, strict=True):
            loads[partition] += size
        for merchant in self.placed.keys() | self.alone:
            loads[self.partition_of[merchant]] -= self.sizes[merchant]
        return loads

    def retained_in(self, partition: int) -> float:
        """Raw events of a partition. Of small merchants as if they had always been what they are."""
        merchants = filter(self.is_at_home, self.merchants_of[partition])
        return self.small[partition] * self.plan.retention_days + sum(self.retained[m] for m in merchants)

    def is_at_home(self, merchant: int) -> bool:
        """Whether it lies where its partition does."""
        return merchant not in self.placed and merchant not in self.alone

    def shard_loads(self) -> list[float]:
        """Events of each shard."""
        loads = [0.0] * self.shards
        for partition, load in enumerate(self.partition_loads()):
            loads[self.shard_of[partition]] += load
        for merchant, shard in self.placed.items():
            loads[shard] += self.sizes[merchant]
        return loads

    @property
    def events(self) -> float:
        """Of all merchants, wherever they are."""
        return math.fsum(self.small) + math.fsum(self.sizes)


def zipf_sum(start: float, end: float, offset: float, exponent: float) -> float:
    """Of (rank + offset) ** -exponent over these ranks, the end not among them.

    By the integral over half a rank more on both sides: from rank 1,000 on the error is below a millionth.
    """
    a, b = start + offset - 0.5, end + offset - 0.5
    if exponent == 1:
        return math.log(b / a)
    return (b ** (1 - exponent) - a ** (1 - exponent)) / (1 - exponent)


def new_fleet(plan: Plan, seed: int) -> Fleet:
    """All merchants where the hash has put them, partitions on shards in turns."""
    rng = random.Random(seed)
    followed = min(plan.followed, plan.merchants)
    weights = [(rank + plan.offset) ** -plan.exponent for rank in range(followed)]
    rest = zipf_sum(followed, plan.merchants, plan.offset, plan.exponent)
    unit = plan.events / (math.fsum(weights) + rest)
    partition_of = [rng.randrange(plan.partitions) for _ in weights]
    squares = unit**2 * zipf_sum(followed, plan.merchants, plan.offset, 2 * plan.exponent) / plan.partitions
    return Fleet(
        plan,
        rng,
        plan.shards,
        sizes=[unit * weight for weight in weights],
        retained=[unit * weight * plan.retention_days for weight in weights],
        partition_of=partition_of,
        merchants_of=_members(partition_of),
        small=_sums(rng, plan.partitions, unit * rest, squares),
        squares=squares,
        shard_of=[partition % plan.shards for partition in range(plan.partitions)],
    )


def _members(partition_of: Sequence[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for merchant, partition in enumerate(partition_of):
        members[partition].append(merchant)
    return members


def _sums(rng: random.Random, partitions: int, total: float, variance: float) -> list[float]:
    """Events of small merchants by partition: as many in all as there are."""
    deviation = math.sqrt(variance)
    sums = [max(rng.gauss(total / partitions, deviation), 0.0) for _ in range(partitions)]
    factor = total / math.fsum(sums) if total else 1.0
    return [each * factor for each in sums]


def change(fleet: Fleet) -> None:
    """A month of growth: merchants grow and shrink, close, open and, a few of them, explode."""
    plan, rng = fleet.plan, fleet.rng
    drift = math.log(1 + plan.growth) - plan.spread**2 / 2
    opened: list[float] = []
    for merchant, size in enumerate(fleet.sizes):
        if rng.random() < plan.opened:
            opened.append(size)
        is_closed = rng.random() < plan.closed
        fleet.sizes[merchant] = 0.0 if is_closed else size * math.exp(rng.gauss(drift, plan.spread))
    for size in opened:
        _open(fleet, size)
    for merchant in rng.sample(range(len(fleet.sizes)), min(plan.explosions, len(fleet.sizes))):
        low, high = map(math.log, plan.explosion)
        fleet.sizes[merchant] *= math.exp(rng.uniform(low, high))
    months = plan.retention_days / MONTH_DAYS
    for merchant, size in enumerate(fleet.sizes):
        fleet.retained[merchant] += size * MONTH_DAYS - fleet.retained[merchant] / months
    _change_small(fleet)


def _open(fleet: Fleet, size: float) -> None:
    partition = fleet.rng.randrange(fleet.plan.partitions)
    fleet.merchants_of[partition].append(len(fleet.sizes))
    fleet.sizes.append(size)
    fleet.retained.append(0.0)
    fleet.partition_of.append(partition)


def _change_small(fleet: Fleet) -> None:
    """The same for the sums: each merchant's part of the variance is what it may gain or lose, squared."""
    plan = fleet.plan
    factor = 1 + plan.growth + plan.opened - plan.closed
    deviation = math.sqrt((plan.spread**2 + plan.opened + plan.closed) * fleet.squares)
    fleet.small = [max(each * factor + fleet.rng.gauss(0, deviation), 0.0) for each in fleet.small]
    fleet.squares *= factor**2


def give_own_servers(fleet: Fleet) -> list[Move]:
    """Who has more than `own_share` of a shard's budget goes to a server of its own, and stays there."""
    limit = fleet.plan.own_share * fleet.plan.budget
    large = [
        merchant for merchant, size in enumerate(fleet.sizes) if size > limit and merchant not in fleet.alone
    ]
    for merchant in large:
        fleet.placed.pop(merchant, None)
        fleet.alone.add(merchant)
    return [
        Move("alone", merchant, -1, fleet.sizes[merchant], fleet.retained[merchant]) for merchant in large
    ]


def add_shards(fleet: Fleet) -> None:
    """Empty ones, when the shards together have more than `more_shards` of their budgets."""
    plan = fleet.plan
    load = math.fsum(fleet.shard_loads())
    while load > plan.more_shards * plan.budget * fleet.shards:
        fleet.shards += max(round(ADDED * plan.shards), 1)


def rebalance(fleet: Fleet) -> list[Move]:
    """Shards above `high` give away until they are at `target`, to the least loaded with room below `target`.

    What is given away is the smallest partition or single merchant that suffices; if none does, the largest
    that finds room, and then another one.
    """
    plan = fleet.plan
    loads, partitions = fleet.shard_loads(), fleet.partition_loads()
    target = plan.target * plan.budget
    full = [shard for shard, load in enumerate(loads) if load > plan.high * plan.budget]
    room = [(load, shard) for shard, load in enumerate(loads) if load < target]
    heapq.heapify(room)
    pieces = _pieces(fleet, set(full))
    moves: list[Move] = []
    for shard in sorted(full, key=lambda each: -loads[each]):
        while room and loads[shard] > target:
            piece = _choose(
                fleet, pieces[shard], partitions, excess=loads[shard] - target, free=target - room[0][0]
            )
            if piece is None:
                break
            move = _carry_out(fleet, piece, room[0][1], partitions)
            heapq.heapreplace(room, (room[0][0] + move.size, move.to))
            loads[shard] -= move.size
            pieces[shard] = [each for each in pieces[shard] if _is_on(fleet, each, shard)]
            moves.append(move)
    return moves


# "partition" or "merchant", and which.
Piece = tuple[str, int]


def _pieces(fleet: Fleet, shards: set[int]) -> dict[int, list[Piece]]:
    """What each of these shards could give away."""
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for partition, shard in enumerate(fleet.shard_of):
        if shard in shards:
            pieces[shard].append(("partition", partition))
            merchants = filter(fleet.is_at_home, fleet.merchants_of[partition])
            pieces[shard] += [("merchant", merchant) for merchant in merchants]
    for merchant, shard in fleet.placed.items():
        if shard in shards:
            pieces[shard].append(("merchant", merchant))
    return pieces


def _is_on(fleet: Fleet, piece: Piece, shard: int) -> bool:
    kind, what = piece
    return shard == (fleet.shard_of[what] if kind == "partition" else fleet.shard(what))


def _choose(
    fleet: Fleet, pieces: Iterable[Piece], partitions: Sequence[float], *, excess: float, free: float
) -> Piece | None:
    """The smallest that suffices, or else the largest; of those that find room."""
    sizes = {"partition": partitions, "merchant": fleet.sizes}
    sized = [(sizes[kind][what], (kind, what)) for kind, what in pieces]
    fitting = [each for each in sized if 0 < each[0] <= free]
    sufficient = [each for each in fitting if each[0] >= excess]
    if sufficient:
        return min(sufficient)[1]
    return max(fitting)[1] if fitting else None


def _carry_out(fleet: Fleet, piece: Piece, to: int, partitions: list[float]) -> Move:
    kind, what = piece
    if kind == "partition":
        move = Move(kind, what, to, partitions[what], fleet.retained_in(what))
        fleet.shard_of[what] = to
        return move
    move = Move(kind, what, to, fleet.sizes[what], fleet.retained[what])
    if fleet.is_at_home(what):
        partitions[fleet.partition_of[what]] -= move.size
    fleet.placed[what] = to
    return move


def settle(fleet: Fleet) -> Month:
    """Moves all that has to be moved, and says what it was."""
    plan = fleet.plan
    before = fleet.shard_loads()
    moves = give_own_servers(fleet)
    add_shards(fleet)
    moves += rebalance(fleet)
    after = fleet.shard_loads()
    return Month(
        shards=fleet.shards,
        own_servers=sum(fleet.sizes[merchant] > 0 for merchant in fleet.alone),
        elsewhere=len(fleet.placed) + len(fleet.alone),
        filled=fmean(after) / plan.budget,
        fullest=max(before) / plan.budget,
        too_full=too_full(plan, before),
        moves=moves,
        left_too_full=too_full(plan, after),
    )


def too_full(plan: Plan, loads: Iterable[float]) -> int:
    """How many shards have to give something away."""
    return sum(load > plan.high * plan.budget for load in loads)


def simulate(plan: Plan, seed: int, months: int) -> tuple[Fleet, list[Month]]:
    """The first month is the beginning: what the hash has done is put right."""
    fleet = new_fleet(plan, seed)
    results = [settle(fleet)]
    for _ in range(months):
        change(fleet)
        results.append(settle(fleet))
    return fleet, results


class Figures(NamedTuple):
    """A table, by the name of its marks in the page."""

    name: str
    title: str
    columns: Sequence[str]
    rows: list[list[str]]


def shard_table(plan: Plan) -> Figures:
    """What a shard is planned for, and how full a thousand equal ones would be."""
    limits = {
        "events/s in the busiest second, two processors": plan.by_peak(plan.rate_budget),
        f"disk of {plan.disk_terabytes:g} TB": plan.disk_budget(plan.disk_terabytes),
        f"disk of {plan.large_disk_terabytes:g} TB": plan.disk_budget(plan.large_disk_terabytes),
    }
    rows = [
        [name, millions(events), percent(plan.events / plan.shards / events), f"{plan.events / events:,.0f}"]
        for name, events in limits.items()
    ]
    columns = "limit", "events a day, half of it", "filled, if all were alike", "shards that it asks for"
    title = f"One shard of {plan.shards:,}, {plan.events / 1e9:g} billion events a day"
    return Figures("shard", title, columns, rows)


def spread_table(plan: Plan, seed: int) -> Figures:
    """How evenly the hash fills shards, by the number of partitions, before anything is moved."""
    rows = [_spread(replace(plan, partitions=partitions), seed) for partitions in PARTITIONS]
    columns = (
        "partitions", "partitions a shard", "merchants a partition", "a partition's events, retained",
        "p99 ÷ mean", "fullest ÷ mean", "above 0.9 of the budget", "small merchants alone: p99 ÷ mean",
        "fullest ÷ mean",
    )  # fmt: skip
    title = "Shards as the hash fills them, without merchants that have servers of their own"
    return Figures("spread", title, columns, rows)


def _spread(plan: Plan, seed: int) -> list[str]:
    fleet = new_fleet(plan, seed)
    give_own_servers(fleet)
    loads = fleet.shard_loads()
    retained = fmean(fleet.partition_loads()) * plan.retention_days
    fleet.sizes = [size if size < 0.01 * plan.budget else 0.0 for size in fleet.sizes]
    return [
        f"{plan.partitions:,}",
        f"{plan.partitions // plan.shards} or {plan.partitions // plan.shards + 1}",
        f"{plan.merchants / plan.partitions:,.0f}",
        millions(retained),
        *spread(loads),
        f"{too_full(plan, loads):,}",
        *spread(fleet.shard_loads()),
    ]


def spread(loads: Sequence[float]) -> list[str]:
    """The fullest but one of a hundred, and the fullest, of the mean."""
    mean = fmean(loads)
    return [f"{quantiles(loads, n=100, method='inclusive')[98] / mean:.2f}", f"{max(loads) / mean:.2f}"]


def skew_table(plan: Plan, seed: int) -> Figures:
    """What Zipf's exponent changes: how large the largest are, and what the hash does with them."""
    rows = [_skew(replace(plan, exponent=exponent), seed) for exponent in EXPONENTS]
    columns = (
        "exponent", "largest merchant, events a day", "of all", "largest 1 % of merchants, of all",
        "median merchant, events a day", "merchants above a shard's budget", "with a server of their own",
        "fullest shard without those ÷ mean",
    )  # fmt: skip
    return Figures("skew", "Merchants' sizes by Zipf's exponent", columns, rows)


def _skew(plan: Plan, seed: int) -> list[str]:
    fleet = new_fleet(plan, seed)
    large = sum(fleet.sizes[: plan.merchants // 100])
    own = len(give_own_servers(fleet))
    loads = fleet.shard_loads()
    unit = fleet.sizes[0] * plan.offset**plan.exponent
    return [
        f"{plan.exponent:g}",
        millions(fleet.sizes[0]),
        percent(fleet.sizes[0] / plan.events),
        percent(large / plan.events),
        readable(unit * (plan.merchants / 2 + plan.offset) ** -plan.exponent),
        f"{sum(size > plan.budget for size in fleet.sizes):,}",
        f"{own:,}",
        f"{max(loads) / fmean(loads):.2f}",
    ]


def year_table(plan: Plan, results: Sequence[Month]) -> Figures:
    """Month by month."""
    rows = [
        [
            f"{number}" if number else "at first",
            f"{month.shards:,}",
            f"{month.own_servers:,}",
            percent(month.filled),
            f"{month.too_full:,}",
            f"{month.fullest:.2f}",
            *(f"{month.moved(kind):,}" for kind in KINDS),
            billions(month.copied),
            readable(month.copied / plan.moved_per_second / 3600),
            f"{month.left_too_full:,}",
            f"{month.elsewhere:,}",
        ]
        for number, month in enumerate(results)
    ]
    columns = (
        "month", "shards", "servers of one merchant", "shards filled", "above 0.9 before", "fullest before",
        "partitions moved", "merchants moved", "to a server of their own", "events moved",
        "hours of moving", "above 0.9 after", "merchants away from their partition",
    )  # fmt: skip
    return Figures(
        "year", f"A year, {plan.partitions:,} partitions, exponent {plan.exponent:g}", columns, rows
    )


def moves_table(plan: Plan, seed: int, months: int) -> Figures:
    """A month's moves, and what they depend on."""
    plans = {
        "as above": plan,
        "4,096 partitions": replace(plan, partitions=4_096),
        "65,536 partitions": replace(plan, partitions=65_536),
        "exponent 0.7": replace(plan, exponent=0.7),
        "exponent 1.1": replace(plan, exponent=1.1),
        "merchants vary by 0.3 a month": replace(plan, spread=0.3),
        "100 explosions a month": replace(plan, explosions=100),
        "nobody grows or opens": replace(plan, growth=0, opened=0),
    }
    rows = [_moves(name, each, seed, months) for name, each in plans.items()]
    rows += [_moves(f"as above, seed {seed + n}", plan, seed + n, months) for n in (1, 2)]
    columns = (
        "case", *(f"{name}, a month" for name in ("partitions", "merchants", "to a server of their own")),
        "events moved, a month", "hours of moving, a month", "a move: median, minutes", "longest, hours",
        "shards at the end", "servers of one merchant",
    )  # fmt: skip
    return Figures("moves", f"Moves a month, mean of {months}, without those at first", columns, rows)


def _moves(name: str, plan: Plan, seed: int, months: int) -> list[str]:
    notes.print(f"{name} ...")
    results = simulate(plan, seed, months)[1][1:]
    copied = fmean(month.copied for month in results)
    copies = [move.copied / plan.moved_per_second for month in results for move in month.moves]
    return [
        name,
        *(readable(fmean(month.moved(kind) for month in results)) for kind in KINDS),
        billions(copied),
        readable(copied / plan.moved_per_second / 3600),
        readable(median(copies) / 60),
        readable(max(copies) / 3600),
        f"{results[-1].shards:,}",
        f"{results[-1].own_servers:,}",
    ]


def limits(plan: Plan) -> Iterator[tuple[str, float]]:
    """Events a day of one merchant, at which something has to be done with it."""
    yield "a server of its own", plan.own_share * plan.budget
    # Half of a disk and of a rate is what is planned for.
    yield f"half of a shard's {plan.disk_terabytes:g} TB", plan.disk_budget(plan.disk_terabytes)
    yield f"half of {plan.large_disk_terabytes:g} TB", plan.disk_budget(plan.large_disk_terabytes)
    rate = plan.merchant_per_second * plan.share_planned
    yield "one runner at half its rate: keeps up in the busiest second", plan.by_peak(rate)
    yield "one runner at half its rate: keeps up over a day", rate * DAY


def merchant_table(plan: Plan) -> Figures:
    """When one merchant outgrows what, and what moving it there costs."""
    rows = [
        [
            name,
            millions(events),
            millions(events / 2),
            readable(events / DAY * plan.peak),
            terabytes(events * plan.bytes_kept),
            billions(events * plan.retention_days),
            readable(events * plan.retention_days / plan.moved_per_second / 3600),
            readable(events * plan.retention_days / plan.merchant_per_second / 3600),
        ]
        for name, events in limits(plan)
    ]
    columns = (
        "what", "events a day", "payments a day", "events/s in the busiest second", "disk", "events to move",
        "hours of moving", "hours of a rebuild",
    )  # fmt: skip
    return Figures("merchant", "One merchant", columns, rows)


def delay_table(plan: Plan) -> Figures:
    """What it costs to move a merchant that fills a shard, by how long it has been so large."""
    rows = []
    for days in (10, 30, 90, plan.retention_days):
        events = plan.disk_budget(plan.disk_terabytes) * days
        seconds = events / plan.moved_per_second, events / plan.merchant_per_second
        rows.append([f"{days:g}", millions(events), *(readable(each / 3600) for each in seconds)])
    columns = "days", "events to move", "hours of moving", "hours of a rebuild"
    title = f"A merchant of {millions(plan.disk_budget(plan.disk_terabytes))} events a day, moved after"
    return Figures("delay", title, columns, rows)


def millions(value: float) -> str:
    """Of events."""
    return f"{value / 1e6:,.3g} M" if value < 1e9 else f"{value / 1e6:,.0f} M"


def percent(value: float) -> str:
    """Two digits, at least."""
    return f"{100 * value:.2g} %"


def billions(value: float) -> str:
    """Of events."""
    return f"{value / 1e9:,.3g} G"


def terabytes(value: float) -> str:
    """Of bytes."""
    return f"{value / 1e12:,.3g} TB"


def write_page(figures: Figures) -> None:
    """Puts the table into the page of the documentation, between the marks of its name."""
    begin, end = f"<!-- {figures.name} -->\n", f"<!-- end of {figures.name} -->\n"
    before, _, rest = PAGE.read_text().partition(begin)
    lines = [line(figures.columns), f"|---|{'--:|' * (len(figures.columns) - 1)}", *map(line, figures.rows)]
    PAGE.write_text("".join([before, begin, "\n".join(lines), "\n", end, rest.partition(end)[2]]))


def line(cells: Iterable[str]) -> str:
    """Of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Prints the assumptions and all tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.shards_simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (1)")
    parser.add_argument("--months", type=int, default=12, help="that are simulated (12)")
    parser.add_argument(
        "--write-page", action="store_true", help="put the tables into docs/shards-simulation.md"
    )
    plan = Plan()
    names = (
        "shards", "merchants", "partitions", "events_per_merchant", "exponent", "peak", "retention_days",
        "disk_terabytes", "moved_per_second",
    )  # fmt: skip
    for name in names:
        value = getattr(plan, name)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(value), default=value, help=f"({value:g})"
        )
    options = parser.parse_args()
    plan = replace(plan, **{name: getattr(options, name) for name in names})
    print_table(("what it starts from", ""), assumptions(plan), f"seed {options.seed}")
    for figures in tables(plan, options.seed, options.months):
        print_table(figures.columns, figures.rows, figures.title)
        if options.write_page:
            write_page(figures)


def assumptions(plan: Plan) -> Iterator[tuple[str, str]]:
    """All that the model starts from, by name."""
    for each in fields(plan):
        value = getattr(plan, each.name)
        shown = f"{value:,.10g}" if isinstance(value, int | float) else " to ".join(map(str, value))
        yield each.name.replace("_", " "), shown


def tables(plan: Plan, seed: int, months: int) -> Iterator[Figures]:
    """One after the other, as they are worked out."""
    yield shard_table(plan)
    yield skew_table(plan, seed)
    yield spread_table(plan, seed)
    yield year_table(plan, simulate(plan, seed, months)[1])
    yield moves_table(plan, seed, months)
    yield merchant_table(plan)
    yield delay_table(plan)


if __name__ == "__main__":
    main()
