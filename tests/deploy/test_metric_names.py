"""Whatever rules and panels ask for is what /metrics really has: names, labels, routes."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from app.release import PROJECT_DIR
from app.service_status import ServiceStatus, ShardStatus, as_metrics
from docs.openapi import document
from tests.conftest import PROMTOOL, Server, create_database, missing_software
from tests.http.conftest import create_tenant, event, run_service
from tests.processes import wait_until

RULES = PROJECT_DIR / "deploy" / "prometheus"
DASHBOARD = json.loads((PROJECT_DIR / "deploy" / "grafana" / "dashboards" / "molam.json").read_text())

# What Prometheus itself makes: series, and the labels of each target. A label of ours by the name of one of
# those becomes exported_….
OF_PROMETHEUS = {"up", "ALERTS"}
TARGET_LABELS = {"job", "instance", "alertname"}

Exposed = dict[str, dict[str, set[str]]]


def rule_expressions() -> Iterator[tuple[str, str]]:
    """Where each is, and the expression."""
    for file in ("objectives.yml", "alerts.yml"):
        for group in yaml.safe_load((RULES / file).read_text())["groups"]:
            for rule in group["rules"]:
                yield f"{file}: {rule.get('alert') or rule['record']}", rule["expr"]


def panel_expressions() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield f"panel: {panel['title']}", target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable: {variable['name']}", variable["query"]["query"]


EXPRESSIONS = [*rule_expressions(), *panel_expressions()]
RECORDED = {
    rule["record"]
    for group in yaml.safe_load((RULES / "objectives.yml").read_text())["groups"]
    for rule in group["rules"]
}


@pytest.fixture(scope="module")
def exposed(wheel_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exposed]:
    """The labels of each series of a service that has had something to do, with their values."""
    log = tmp_path_factory.mktemp("service") / "log"
    for database_url in create_database(wheel_server, "migrated"):
        with (
            psycopg.connect(database_url, autocommit=True) as db,
            run_service(database_url, log) as service,
            httpx.Client(base_url=service.url, verify=False) as client,
        ):
            use(client, db)
            yield read(client) | of_a_router()


def use(client: httpx.Client, db: psycopg.Connection[Any]) -> None:
    """Has everything counted at least once."""
    query = "select ops.create_merchant('Boutique', 'XOF', 'Africa/Dakar')"
    merchant_id: UUID = db.execute(query).fetchone()[0]
    client.headers = create_tenant(db, merchant_id).headers
    assert client.post("/api/events/transaction", json=event()).status_code == 202
    with client.stream("GET", "/api/stream") as stream:
        next(stream.iter_lines())
    for _ in range(3):  # each pass runs one of the jobs that are due
        db.execute("call rollup.run('test', 0)")
    wait_until(
        lambda: {"molam_view_age_seconds", "molam_streams_ended_total"} <= set(read(client)), "all counted"
    )


def of_a_router() -> Exposed:
    """What there is beside that where the database is one."""
    shard = ShardStatus(True, None, ServiceStatus(0, 0, 1, 0))
    metrics = as_metrics(ServiceStatus(0, 0, 1, 0, shards={"s1": shard}))
    return labels_of(metric for metric in metrics if metric.name.startswith("molam_shard_"))


def read(client: httpx.Client) -> Exposed:
    return labels_of(text_string_to_metric_families(client.get("/metrics").text))


def labels_of(families: Iterable[Metric]) -> Exposed:
    found: Exposed = {}
    for family in families:
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def without_texts(expression: str) -> str:
    return re.sub(r'"[^"]*"', '""', expression)


def selectors(expression: str) -> Iterator[tuple[str, str, str, str]]:
    """Each matcher of each selector of ours: metric, label, operator, value."""
    for metric, matchers in re.findall(r"(molam_\w+)\{((?:[^}\"]|\"[^\"]*\")*)\}", expression):
        for label, operator, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', matchers):
            yield metric, label, operator, value


@pytest.mark.parametrize(("place", "expression"), EXPRESSIONS, ids=lambda value: value[:60])
def test_what_is_asked_for_exists(place: str, expression: str, exposed: Exposed) -> None:
    named = set(re.findall(r"\b(molam[\w:]*|up|ALERTS)\b", without_texts(expression)))
    assert named, place
    assert named <= {*exposed, *RECORDED, *OF_PROMETHEUS}, place
    for metric, label, operator, value in selectors(expression):
        if label in TARGET_LABELS:
            continue
        values = exposed[metric].get(label.removeprefix("exported_"))
        assert values, f"{place}: {metric} has no label {label}"
        if operator == "=":
            assert value in values, f"{place}: {metric} is never of {label} {value}"
    known = {label for labels in exposed.values() for label in labels}
    for labels in re.findall(r"\bby \(([^)]*)\)", expression):
        for label in labels.split(", "):
            assert label in TARGET_LABELS or label.removeprefix("exported_") in known, f"{place}: {label}"
            # Prometheus gives that name to the target's own
            assert label != "job", place


def test_what_is_called_job_here_is_exported_job_there(exposed: Exposed) -> None:
    clashing = {name for name, labels in exposed.items() if "job" in labels}
    assert clashing == {"molam_job_age_seconds", "molam_job_failing"}
    for place, expression in EXPRESSIONS:
        for metric, label, _, _ in selectors(expression):
            assert metric not in clashing or label != "job", place


def test_paths_are_paths_of_the_api() -> None:
    paths = list(document()["paths"])
    asked = {(op, value) for _, e in EXPRESSIONS for _, label, op, value in selectors(e) if label == "path"}
    assert asked
    for operator, pattern in asked:
        assert operator in ("=~", "!~")
        assert any(re.fullmatch(pattern, path) for path in paths), pattern


@pytest.mark.skipif(PROMTOOL is None, reason="; ".join(missing_software()))
def test_panels_ask_in_the_right_language(tmp_path: Path) -> None:
    asked = [e for place, e in panel_expressions() if place.startswith("panel")]
    plain = [e.replace("$__rate_interval", "5m").replace("$instance", ".*") for e in asked]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(plain)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    result = subprocess.run([PROMTOOL, "check", "rules", str(file)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_panels_have_room_and_names() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
        if panel["type"] != "row":
            assert panel["description"], panel["title"]
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_what_grafana_is_given_leads_to_it() -> None:
    folder = PROJECT_DIR / "deploy" / "grafana" / "provisioning"
    [provider] = yaml.safe_load((folder / "dashboards" / "molam.yml").read_text())["providers"]
    compose = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())["services"]
    mounted = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"])
    assert provider["options"]["path"] == mounted["./deploy/grafana/dashboards"]
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert {"monitoring"} == set(compose["grafana"]["networks"]) == set(compose["prometheus"]["networks"])


def test_each_metric_is_used_or_known(exposed: Exposed) -> None:
    """The page lists what there is; nothing more, nothing less."""
    page = (PROJECT_DIR / "docs" / "operations.md").read_text()
    for name in exposed:
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        if base.startswith("molam_"):
            assert base in page or base.removeprefix("molam_pool") in page, name
