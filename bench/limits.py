"""Whether a limit holds over processes: `python -m bench.limits` prints what one limited key got through.

Two service processes share the database; 64 clients send single events with one key as fast as they are let.
A bucket of one second's worth is full at the start, so what may come through is the rate times (seconds + 1).
"""

import argparse
import asyncio
import time
from collections import Counter
from contextlib import ExitStack
from statistics import median
from uuid import uuid4

import psycopg

from app import operations
from app.api_keys import new_api_key
from bench import server

_EVENT = '{"transaction_id": "%s", "event_type": "payment_succeeded", "amount": 1000, "currency": "XOF"}'
# Written out, for a client library would take most of the machine.
_HEAD = (
    "POST /api/events/transaction HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-API-Key: %s\r\n"
    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)

Answers = dict[int, list[tuple[int, float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="requests a second (100)")
    parser.add_argument("--seconds", type=float, default=30, help="how long (30)")
    parser.add_argument("--clients", type=int, default=64, help="clients, over both processes (64)")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        url = stack.enter_context(server.database())
        key = _limited_key(url, arguments.rate)
        ports = [stack.enter_context(server.service(url)).port for _ in range(2)]
        answers = asyncio.run(_send(ports, key, arguments.clients, arguments.seconds))
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "select calls from pg_stat_user_functions where funcname = 'lease_quota'"
            )
            leases = (row.fetchone() or (0,))[0]
    _report(answers, leases, arguments.rate, arguments.seconds)


def _limited_key(url: str, rate: int) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        merchant_id = operations.create_merchant(connection, "bench", "XOF", "Africa/Dakar", None)
        key = new_api_key(merchant_id)
        operations.create_key(
            connection, merchant_id, key.key_id, key.secret_sha256, ["events:write"], "bench"
        )
        connection.execute("select ops.limit_merchant(%s, %s)", (merchant_id, rate))
        connection.execute("call rollup.run('bench', 0)")  # a service without a runner is not ready
    return key.text


async def _send(ports: list[int], key: str, clients: int, seconds: float) -> Answers:
    """Status and seconds of each answer, by port."""
    answers: Answers = {port: [] for port in ports}
    until = time.monotonic() + seconds

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (started_at := time.monotonic()) < until:
            body = _EVENT % uuid4()
            writer.write((_HEAD % (port, key, len(body)) + body).encode())
            answers[port].append((await _read_status(reader), time.monotonic() - started_at))
        writer.close()

    await asyncio.gather(*(work(ports[number % len(ports)]) for number in range(clients)))
    return answers


async def _read_status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
    return int(head.split(" ", 2)[1])


def _report(answers: Answers, leases: int, rate: int, seconds: float) -> None:
    for port, given in answers.items():
        statuses = dict(sorted(Counter(status for status, _ in given).items()))
        print(f"process on port {port}: {statuses}")
    times = {
        status: [s for given in answers.values() for st, s in given if st == status] for status in (202, 429)
    }
    through = len(times[202])
    print(f"let through {through} in {seconds:g} s at {rate}/s:")
    print(f"  {through / (rate * seconds):.1%} of rate x seconds")
    print(f"  {through / (rate * (seconds + 1)):.1%} of that and the burst")
    print(f"leases: {leases / seconds:.0f}/s")
    for status, taken in times.items():
        if taken:
            print(f"median answer with {status}: {median(taken) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
