"""The alerts: each fires when it should and no other does; each says what to do."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.release import PROJECT_DIR
from tests.conftest import PROMTOOL, missing_software

FOLDER = PROJECT_DIR / "deploy" / "prometheus"
RULE_FILES = [FOLDER / name for name in ("objectives.yml", "alerts.yml")]
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="; ".join(missing_software()))

REQUESTS = 'molam_requests_total{job="molam",instance="a",path="/api/events/transaction",status_code="%s"}'
DURATION = 'molam_request_duration_seconds_%s{job="molam",instance="a",path="/api/events/transaction"%s}'
IN_TIME = DURATION % ("bucket", ',le="0.5"')

# A service that is well, minute by minute: how each series begins, and what is added in each.
HEALTHY = {
    'up{job="molam",instance="a"}': "1+0x420",
    REQUESTS % 202: "0+600x420",
    REQUESTS % 503: "0+0x420",
    DURATION % ("count", ""): "0+600x420",
    IN_TIME: "0+600x420",
    'molam_pool_failed_requests_total{job="molam",instance="a",server="primary"}': "0+0x420",
    'molam_listener_up{job="molam",instance="a"}': "1+0x420",
    'molam_database_up{job="molam",instance="a"}': "1+0x420",
    'molam_runner_age_seconds{job="molam",instance="a"}': "5+0x420",
    'molam_lag_seconds{job="molam",instance="a"}': "1+0x420",
    'molam_set_aside_events{job="molam",instance="a"}': "0+0x420",
    'molam_partition_horizon_seconds{job="molam",instance="a"}': "7776000+0x420",
    'molam_job_failing{job="molam",instance="a",exported_job="maintenance"}': "0+0x420",
    'molam_job_age_seconds{job="molam",instance="a",exported_job="maintenance"}': "300+0x420",
    'molam_view_age_seconds{job="molam",instance="a"}': "80000+0x420",
    # of a router
    'molam_shard_up{job="molam",instance="a",shard="s1"}': "1+0x420",
    'molam_shard_runner_age_seconds{job="molam",instance="a",shard="s1"}': "5+0x420",
    'molam_shard_lag_seconds{job="molam",instance="a",shard="s1"}': "1+0x420",
}
OF_THE_DATABASE = [name for name in HEALTHY if re.match("molam_(runner|lag|set|part|job|view|shard)", name)]
OF_A_SHARD_THAT_IS_UP = [name for name in HEALTHY if re.match("molam_shard_(runner|lag)", name)]


def without(*names: str) -> dict[str, str | None]:
    return dict.fromkeys(names)


def of(name: str, values: str) -> dict[str, str | None]:
    """The one series of that name, with other values."""
    [series] = [series for series in HEALTHY if series.startswith(f"molam_{name}{{")]
    return {series: values}


# What is not as in HEALTHY (None: not there), the minute, and all alerts that fire in it.
SCENARIOS: dict[str, tuple[dict[str, str | None], int, set[str]]] = {
    "all is well": ({}, 420, set()),
    "no copy answers": (
        {'up{job="molam",instance="a"}': "0+0x420"},
        10,
        {"MolamServiceDown", "MolamTargetDown"},
    ),
    "there is no copy": (without('up{job="molam",instance="a"}'), 10, {"MolamServiceDown"}),
    "one of two copies": ({'up{job="molam",instance="b"}': "0+0x420"}, 10, {"MolamTargetDown"}),
    "5 % fail for 25 minutes": ({REQUESTS % 503: "0+0x360 30+30x59"}, 385, {"MolamErrorBudgetBurnsFast"}),
    "1 % fail for hours": ({REQUESTS % 503: "0+6x420"}, 420, {"MolamErrorBudgetBurnsSlowly"}),
    "all fail for a moment, half an hour ago": ({REQUESTS % 503: "0+0x380 600+0x39"}, 410, set()),
    "20 % are slow for 50 minutes": (
        {IN_TIME: "0+600x360 216480+480x59"},
        410,
        {"MolamLatencyBudgetBurnsFast"},
    ),
    "10 % are slow for hours": ({IN_TIME: "0+540x420"}, 420, {"MolamLatencyBudgetBurnsSlowly"}),
    "slow reports": (
        {DURATION.replace("events/transaction", "reports/transactions.csv") % ("count", ""): "0+600x420"},
        420,
        set(),
    ),
    "no connection": (of("pool_failed_requests_total", "0+1x420"), 20, {"MolamConnectionsExhausted"}),
    "a deaf listener": (of("listener_up", "0+0x420"), 10, {"MolamListenerDown"}),
    "no database": (
        of("database_up", "0+0x420") | without(*OF_THE_DATABASE),
        10,
        {"MolamDatabaseDown", "MolamDatabaseUnreachable"},
    ),
    "no database for one of two copies": (
        {'molam_database_up{job="molam",instance="b"}': "0+0x420"},
        10,
        {"MolamDatabaseUnreachable"},
    ),
    "a dead runner": (of("runner_age_seconds", "61+60x420"), 10, {"MolamRunnerDown"}),
    "never a runner": (
        without('molam_runner_age_seconds{job="molam",instance="a"}'),
        10,
        {"MolamRunnerDown"},
    ),
    "late figures": (of("lag_seconds", "61+0x420"), 10, {"MolamFiguresLate"}),
    "late figures for a moment": (of("lag_seconds", "1+0x9 700 1+0x410"), 11, set()),
    "very late figures": (of("lag_seconds", "601+0x420"), 10, {"MolamFiguresLate", "MolamFiguresVeryLate"}),
    "events set aside": (of("set_aside_events", "1+0x420"), 10, {"MolamEventsSetAside"}),
    "the last partition": (of("partition_horizon_seconds", "86399+0x420"), 15, {"MolamPartitionsEnd"}),
    "a failing job": (of("job_failing", "1+0x420"), 20, {"MolamJobFailing"}),
    "no maintenance": (of("job_age_seconds", "3601+0x420"), 10, {"MolamMaintenanceLate"}),
    "old views": (of("view_age_seconds", "93601+0x420"), 40, {"MolamViewsOld"}),
    "a router's server that is away": (
        of("shard_up", "0+0x420") | without(*OF_A_SHARD_THAT_IS_UP),
        10,
        {"MolamShardDown"},
    ),
    "a server away beside one that is up": (
        {'molam_shard_up{job="molam",instance="a",shard="s2"}': "0+0x420"},
        10,
        {"MolamShardDown"},
    ),
    "no router": (without(*(name for name in HEALTHY if "_shard_" in name)), 10, set()),
    "a server's dead runner": (of("shard_runner_age_seconds", "61+60x420"), 10, {"MolamShardRunnerDown"}),
    "a server that never had a runner": (
        {'molam_shard_up{job="molam",instance="a",shard="s2"}': "1+0x420"},
        10,
        {"MolamShardRunnerDown"},
    ),
    "late figures of a server": (of("shard_lag_seconds", "61+0x420"), 10, {"MolamShardFiguresLate"}),
}


@needs_promtool
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_fires(scenario: str, tmp_path: Path) -> None:
    changes, minute, alerts = SCENARIOS[scenario]
    series = {name: values for name, values in (HEALTHY | changes).items() if values is not None}
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{minute}m",
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(alerts)
                ],
            }
        ],
    }
    file = tmp_path / "test.yml"
    rules = [str(path) for path in RULE_FILES]
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "1m", "tests": [test]}))
    result = subprocess.run([PROMTOOL, "test", "rules", str(file)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_has_a_scenario() -> None:
    assert set().union(*(alerts for _, _, alerts in SCENARIOS.values())) == set(ALERTS)


@needs_promtool
def test_the_files_are_valid() -> None:
    for arguments in (
        ["rules", *map(str, RULE_FILES)],
        # the token's file is in the container alone
        ["config", "--syntax-only", str(FOLDER / "prometheus.yml")],
    ):
        result = subprocess.run([PROMTOOL, "check", *arguments], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    loaded = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["rule_files"]
    assert [FOLDER / name for name in loaded] == RULE_FILES


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_says_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"]["summary"]
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (PROJECT_DIR / page).read_text(), re.MULTILINE)
    assert anchor in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
    assert anchor == name.lower()


def test_no_runbook_entry_is_left_over() -> None:
    page = (PROJECT_DIR / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^#+ (Molam\w+)$", page, re.MULTILINE)) == set(ALERTS)
