"""Faults of the lines: to the database, and to the clients."""

import time
from random import Random

from tests.faults.fault import fault
from tests.faults.load import Load
from tests.faults.proxy import Proxy
from tests.faults.world import World


@fault("database line")
def cut_database_connections(world: World, load: Load, dice: Random) -> None:
    cut_often(world.database_line, dice)


@fault("database line")
def refuse_database_connections(world: World, load: Load, dice: Random) -> None:
    with world.database_line.refusing(), world.database_away():
        time.sleep(dice.uniform(0.5, 3))


@fault("database line", drops_packets=True)
def drop_packets_to_the_database(world: World, load: Load, dice: Random) -> None:
    """Both ends believe that they are connected; then the line works again."""
    with world.database_line.dark(), world.database_away():
        time.sleep(dice.uniform(0.5, 3.5))


@fault("database line", drops_packets=True)
def leave_database_connections_half_open(world: World, load: Load, dice: Random) -> None:
    """As a firewall that has forgotten them: nothing ever arrives on the old connections, new ones work."""
    with world.database_line.dark(forgets=True), world.database_away():
        time.sleep(dice.uniform(0.1, 0.5))


@fault("database line")
def lose_answers_of_the_database(world: World, load: Load, dice: Random) -> None:
    """Commits happen that the service never hears of."""
    with world.database_line.losing_answers():
        time.sleep(dice.uniform(0.1, 1.5))


@fault("client line")
def cut_client_connections(world: World, load: Load, dice: Random) -> None:
    cut_often(world.service_line, dice)


@fault("client line", drops_packets=True)
def drop_packets_to_the_clients(world: World, load: Load, dice: Random) -> None:
    with world.service_line.dark(forgets=dice.random() < 0.5):
        time.sleep(dice.uniform(0.5, 3))


@fault("client line")
def lose_answers_to_the_clients(world: World, load: Load, dice: Random) -> None:
    """Events are committed and nobody is told; clients send them again."""
    with world.service_line.losing_answers():
        time.sleep(dice.uniform(0.2, 1.5))


def cut_often(line: Proxy, dice: Random) -> None:
    for _ in range(dice.randrange(1, 8)):
        line.cut()
        time.sleep(dice.uniform(0, 0.4))
