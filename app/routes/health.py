"""For whoever watches over the service: is it alive, and is it ready."""

import asyncio
from pathlib import Path

import msgspec
import psycopg
from litestar import Response, Router, get

from app import code_loader
from app.database import Database
from app.errors import as_problem

_PROJECT_DIR = Path(__file__).parents[2]
_MAX_RUNNER_SECONDS = 60


class ServiceStatus(msgspec.Struct):
    """What `api.service_status` tells; null stands for "never"."""

    code: dict[str, str] | None
    pending_events: int
    lag_seconds: float
    runner_seconds_ago: float | None


class ReadinessReport(msgspec.Struct):
    """Each check says "ok", or what is wrong."""

    ready: bool
    checks: dict[str, str]
    pending_events: int | None = None
    lag_seconds: float | None = None


class Readiness:
    """Whether requests can be served well.

    The database must have run this release's code once since the process started. Later it may be ahead:
    the next release migrates first, and the replicas of this one serve on until they are replaced.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_seen_own_code = False

    async def check(self) -> ReadinessReport:
        """Asks the database, and looks at the files."""
        try:
            status = msgspec.json.decode(await self._database.service_status(), type=ServiceStatus)
        except psycopg.Error as error:
            return ReadinessReport(ready=False, checks={"database": as_problem(error).detail})
        checks = {
            "database": "ok",
            "code": await self._check_code(status.code),
            "runner": _check_runner(status.runner_seconds_ago),
        }
        is_ready = all(result == "ok" for result in checks.values())
        return ReadinessReport(is_ready, checks, status.pending_events, status.lag_seconds)

    async def _check_code(self, in_force: dict[str, str] | None) -> str:
        if not self._has_seen_own_code:
            own = await asyncio.to_thread(code_loader.digests, _PROJECT_DIR)
            self._has_seen_own_code = in_force == own
        return (
            "ok" if self._has_seen_own_code else "The database runs other code than this release's: migrate."
        )


def _check_runner(seconds_ago: float | None) -> str:
    if seconds_ago is None:
        return "Nothing has ever aggregated here: start a worker."
    if seconds_ago > _MAX_RUNNER_SECONDS:
        return f"Nothing has aggregated for {seconds_ago:.0f} seconds: the figures are growing old."
    return "ok"


@get("/healthz", summary="Alive", sync_to_thread=False)
def healthz() -> dict[str, bool]:
    """Answers as long as the process does; asks no database."""
    return {"ok": True}


@get("/readyz", summary="Ready")
async def readyz(readiness: Readiness) -> Response[ReadinessReport]:
    """200 when the database answers, has run this release's code, and is being aggregated; else 503."""
    report = await readiness.check()
    return Response(report, status_code=200 if report.ready else 503)


ROUTER = Router("/", route_handlers=[healthz, readyz], tags=["Health"])
