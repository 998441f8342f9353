"""For whoever watches over the service: is it alive, and is it ready."""

from typing import Any

import msgspec
import psycopg
from litestar import Request, Response, Router, get

from app.answers import Alive, ReadinessReport
from app.database import Database
from app.errors import as_problem
from app.models import ReadinessQuery, check_query
from app.openapi import Reply, describe
from app.release import RELEASE, migration_names
from app.service_status import ServiceStatus, ShardStatus

_MAX_RUNNER_SECONDS = 60


class Readiness:
    """Whether requests can be served well: the database is not behind this release, and is aggregated.

    It may be ahead: the next release migrates first, and the replicas of this one serve on until they are
    replaced.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._migrations = migration_names()

    async def check(self, excluded: str | None) -> ReadinessReport:
        """Asks the database. Parameters: `excluded`, the name of a check that is told and does not count."""
        try:
            status = msgspec.json.decode(await self._database.service_status(), type=ServiceStatus)
        except psycopg.Error as error:
            return ReadinessReport(ready=False, checks={"database": as_problem(error).detail})
        checks = {
            "database": "ok",
            "schema": self._check_schema(status),
            "runner": _check_runner(status.runner_seconds_ago),
        }
        if problems := _problems_of_shards(status.shards):
            checks["shards"] = problems
        # where one server of several is away its merchants are told so, and the others are served
        is_ready = all(result == "ok" for name, result in checks.items() if name not in (excluded, "shards"))
        return ReadinessReport(
            ready=is_ready,
            checks=checks,
            pending_events=status.pending_events,
            lag_seconds=status.lag_seconds,
        )

    def _check_schema(self, status: ServiceStatus) -> str:
        if missing := [name for name in self._migrations if name not in (status.migrations or [])]:
            return f"The database lacks migrations of this release, the first of them {missing[0]}: migrate."
        if (status.release or []) < list(RELEASE):
            return "The database's functions are of an older release: migrate."
        return "ok"


def _check_runner(seconds_ago: float | None) -> str:
    if seconds_ago is None:
        return "Nothing has ever aggregated here: start a worker."
    if seconds_ago > _MAX_RUNNER_SECONDS:
        return f"Nothing has aggregated for {seconds_ago:.0f} seconds: the figures are growing old."
    return "ok"


def _problems_of_shards(shards: dict[str, ShardStatus]) -> str:
    return " ".join(
        f"{name}: {problem}" for name, shard in shards.items() if (problem := _check_shard(shard)) != "ok"
    )


def _check_shard(shard: ShardStatus) -> str:
    if not shard.is_up or not shard.status:
        return f"The server is away ({shard.error or 'it was never asked'})."
    return _check_runner(shard.status.runner_seconds_ago)


@get(
    "/healthz",
    summary="Alive",
    sync_to_thread=False,
    operation_class=describe({200: Reply("Alive", Alive)}),
)
def healthz() -> Alive:
    """Answers as long as the process does; asks no database."""
    return Alive(ok=True)


@get(
    "/readyz",
    summary="Ready",
    operation_class=describe(
        {200: Reply("Ready", ReadinessReport), 503: Reply("Not ready: `checks` says why", ReadinessReport)},
        query=ReadinessQuery,
    ),
)
async def readyz(request: Request[Any, Any, Any], readiness: Readiness) -> Response[ReadinessReport]:
    """200 when the database answers, is not behind this release, and is being aggregated; else 503.

    With `exclude=runner` it is ready also while nothing aggregates: events can be taken all the same, so that
    is what decides whether requests are sent here.
    """
    query = check_query(request.scope["query_string"], ReadinessQuery)
    report = await readiness.check(query.exclude)
    return Response(report, status_code=200 if report.ready else 503)


ROUTER = Router("/", route_handlers=[healthz, readyz], tags=["Health"])
