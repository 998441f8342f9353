"""How the database says that the service is doing: for readiness and for metrics."""

import asyncio
from time import monotonic

import msgspec
import psycopg
import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from app.database import Database

_log = structlog.get_logger()

_FRESH_SECONDS = 1.0
_TIMEOUT_SECONDS = 2.0


class JobStatus(msgspec.Struct):
    """The last run of a scheduled job."""

    seconds_ago: float
    is_failing: bool


class ShardStatus(msgspec.Struct):
    """One of the servers behind a router; of one that is away, how it was when it last answered."""

    is_up: bool
    error: str | None = None
    status: "ServiceStatus | None" = None


class ServiceStatus(msgspec.Struct):
    """What `api.service_status` tells; null stands for "never"."""

    pending_events: int
    lag_seconds: float
    runner_seconds_ago: float | None
    set_aside_events: int
    # None in the functions of an older release, too
    release: list[int] | None = None
    migrations: list[str] | None = None
    jobs: dict[str, JobStatus] = {}
    view_seconds_ago: float | None = None
    partition_seconds_left: float | None = None
    # of a router alone
    shards: dict[str, ShardStatus] = {}


class DatabaseMetrics:
    """The status as metrics, asked for at most once a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._good_until = 0.0
        self._metrics: list[Metric] = []

    async def get(self) -> list[Metric]:
        """The metrics; molam_database_up alone while the database does not answer within two seconds."""
        async with self._lock:
            if (asked_at := monotonic()) >= self._good_until:
                self._metrics = as_metrics(await self._ask())
                self._good_until = asked_at + _FRESH_SECONDS
        return self._metrics

    async def _ask(self) -> ServiceStatus | None:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return msgspec.json.decode(await self._database.service_status(), type=ServiceStatus)
        except (psycopg.Error, TimeoutError) as error:
            _log.warning("metrics without the database", error=str(error).strip() or "timeout")
            return None


def as_metrics(status: ServiceStatus | None) -> list[Metric]:
    """The metrics of a status; of none: that the database is away."""
    metrics: list[Metric] = [
        GaugeMetricFamily(
            "molam_database_up", "1: the database answers; 0: it does not.", float(status is not None)
        )
    ]
    if status is None:
        return metrics
    values = {
        "molam_pending_events": (
            "Events that wait for the rollup, counted to 20000 a bucket.",
            status.pending_events,
        ),
        "molam_lag_seconds": ("Age of the oldest event that waits for the rollup.", status.lag_seconds),
        "molam_set_aside_events": ("Events that could not be aggregated.", status.set_aside_events),
        "molam_runner_age_seconds": ("Since a runner of the rollup was alive.", status.runner_seconds_ago),
        "molam_view_age_seconds": ("Since the materialized views were refreshed.", status.view_seconds_ago),
        "molam_partition_horizon_seconds": ("Until the last partition ends.", status.partition_seconds_left),
    }
    for name, (documentation, value) in values.items():
        if value is not None:
            metrics.append(GaugeMetricFamily(name, documentation, value))
    age = GaugeMetricFamily("molam_job_age_seconds", "Since the job's last run ended.", labels=["job"])
    failing = GaugeMetricFamily("molam_job_failing", "1: the job's last run failed.", labels=["job"])
    for name, job in status.jobs.items():
        age.add_metric([name], job.seconds_ago)
        failing.add_metric([name], float(job.is_failing))
    return [*metrics, age, failing, *(_shard_metrics(status.shards) if status.shards else ())]


def _shard_metrics(shards: dict[str, ShardStatus]) -> list[Metric]:
    up = GaugeMetricFamily("molam_shard_up", "1: the server answers; 0: it does not.", labels=["shard"])
    lag = GaugeMetricFamily(
        "molam_shard_lag_seconds", "As molam_lag_seconds, of one server.", labels=["shard"]
    )
    runner = GaugeMetricFamily(
        "molam_shard_runner_age_seconds", "As molam_runner_age_seconds, of one server.", labels=["shard"]
    )
    for name, shard in shards.items():
        up.add_metric([name], float(shard.is_up))
        if shard.is_up and shard.status:
            lag.add_metric([name], shard.status.lag_seconds)
            if shard.status.runner_seconds_ago is not None:
                runner.add_metric([name], shard.status.runner_seconds_ago)
    return [up, lag, runner]
