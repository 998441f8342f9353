"""The manifests, as kubectl's kustomize renders them: valid, restricted, and at one with each other."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from app import server
from app.release import PROJECT_DIR, RELEASE
from app.worker import SESSIONS
from tests.conftest import KUBECTL, missing_software
from tests.deploy.settings_names import unknown_settings

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="; ".join(missing_software()))

Manifest = dict[str, Any]

FOLDER = PROJECT_DIR / "deploy" / "kubernetes"
OVERLAYS = ("production", "staging")
# The oldest that has all fields that are used, and the newest that can be asked.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
EXAMPLE_SECRETS = list(yaml.safe_load_all((FOLDER / "secrets.example.yaml").read_text()))


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(request.param)


@pytest.fixture(scope="module")
def production() -> list[Manifest]:
    return render("production")


def render(overlay: str) -> list[Manifest]:
    command = [KUBECTL, "kustomize", str(FOLDER / "overlays" / overlay)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not result.stderr, "kustomize warns of what it will not understand for long"
    return list(yaml.safe_load_all(result.stdout))


def find(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    [found] = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    return found


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The template of each pod, by the name of what makes it."""
    return {
        m["metadata"]["name"]: m["spec"]["template"] for m in manifests if m["kind"] in ("Deployment", "Job")
    }


def container(pod: Manifest) -> Manifest:
    [only] = pod["spec"]["containers"]
    assert "initContainers" not in pod["spec"]
    return only


def settings_of(manifests: list[Manifest], pod: Manifest) -> dict[str, str]:
    """The environment that the container is given."""
    maps = {m["metadata"]["name"]: m["data"] for m in manifests if m["kind"] == "ConfigMap"}
    environment: dict[str, str] = {}
    for source in container(pod).get("envFrom", []):
        environment |= maps[source["configMapRef"]["name"]]
    return environment | {variable["name"]: variable["value"] for variable in container(pod)["env"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_api_accepts_them(manifests: list[Manifest], version: str) -> None:
    kinds = {m["kind"] for m in manifests}
    assert kinds >= {
        "Deployment",
        "Job",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Ingress",
    }
    for manifest in [*manifests, *EXAMPLE_SECRETS]:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_wrong_field_would_be_found(production: list[Manifest]) -> None:
    deployment = find(production, "Deployment", "molam-service")
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_all_is_in_one_namespace_that_is_restricted(manifests: list[Manifest]) -> None:
    [namespace] = [m for m in manifests if m["kind"] == "Namespace"]
    name = namespace["metadata"]["name"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {m["metadata"]["namespace"] for m in manifests if m["kind"] != "Namespace"} == {name}


def test_pods_may_do_nothing_that_they_need_not(manifests: list[Manifest]) -> None:
    assert set(pods(manifests)) == {"molam-service", "molam-worker", "molam-migrate"}
    for name, pod in pods(manifests).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }, name
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        resources = container(pod)["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}, name
        assert set(resources["limits"]) == {"memory"}, name
        assert all(set(volume) & {"secret", "projected", "emptyDir"} for volume in spec["volumes"]), name


def test_the_user_is_that_of_the_image(production: list[Manifest]) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (PROJECT_DIR / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert user
    for pod in pods(production).values():
        context = pod["spec"]["securityContext"]
        assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user.groups()


def test_all_run_the_image_of_this_version(manifests: list[Manifest]) -> None:
    version = ".".join(map(str, RELEASE))
    assert {container(pod)["image"] for pod in pods(manifests).values()} == {
        f"registry.example.com/molam-connect:{version}"
    }
    assert {name: container(pod)["args"] for name, pod in pods(manifests).items()} == {
        "molam-service": ["serve"],
        "molam-worker": ["worker"],
        "molam-migrate": ["migrate"],
    }


def test_probes(manifests: list[Manifest]) -> None:
    service = container(pods(manifests)["molam-service"])
    assert service["ports"] == [{"name": "http", "containerPort": 8081}]
    asked = {kind: service[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    # alive whatever the database does; ready also while no runner is alive: see base/service.yaml
    assert {kind: get["path"] for kind, get in asked.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz?exclude=runner",
    }
    assert {get["port"] for get in asked.values()} == {"http"}


def test_a_pod_that_ends_is_first_forgotten_then_drained(manifests: list[Manifest]) -> None:
    pod = pods(manifests)["molam-service"]
    pause = container(pod)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= 5
    assert pod["spec"]["terminationGracePeriodSeconds"] >= pause + server.STOP_SECONDS + 10
    strategy = find(manifests, "Deployment", "molam-service")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_what_is_selected_is_there(manifests: list[Manifest]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}

    def selected(selector: dict[str, str]) -> set[str]:
        return {name for name, given in labels.items() if selector.items() <= given.items()}

    assert len(selected({"app.kubernetes.io/name": "molam-connect"})) == 3
    service = find(manifests, "Service", "molam-service")["spec"]
    assert selected(service["selector"]) == {"molam-service"}
    assert service["ports"][0]["targetPort"] == "http"
    for name in ("molam-service", "molam-worker"):
        deployment = find(manifests, "Deployment", name)["spec"]
        budget = find(manifests, "PodDisruptionBudget", name)["spec"]
        spread = deployment["template"]["spec"]["topologySpreadConstraints"]
        selectors = [deployment["selector"], budget["selector"], *(s["labelSelector"] for s in spread)]
        assert all(selected(selector["matchLabels"]) == {name} for selector in selectors), name
    scaled = find(manifests, "HorizontalPodAutoscaler", "molam-service")["spec"]
    assert scaled["scaleTargetRef"]["name"] == "molam-service"
    assert "replicas" not in find(manifests, "Deployment", "molam-service")["spec"]
    assert find(manifests, "Deployment", "molam-worker")["spec"]["replicas"] in (2, 3)
    [rule] = find(manifests, "Ingress", "molam")["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "molam-service", "port": {"name": "http"}}


def test_networks(manifests: list[Manifest]) -> None:
    name = {"app.kubernetes.io/name": "molam-connect"}
    everyone = find(manifests, "NetworkPolicy", "molam")["spec"]
    assert everyone["podSelector"] == {"matchLabels": name}
    assert everyone["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in everyone
    dns, database = everyone["egress"]
    assert dns["to"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    ]
    assert [port["port"] for port in database["ports"]] == [5432]
    service = find(manifests, "NetworkPolicy", "molam-service")["spec"]
    assert service["podSelector"] == {"matchLabels": {**name, "app.kubernetes.io/component": "service"}}
    [callers] = service["ingress"]
    assert [port["port"] for port in callers["ports"]] == [8081]
    assert callers["from"] == [{"namespaceSelector": {"matchLabels": {"molam.example.com/may-call": "true"}}}]


def test_every_host_has_tls(manifests: list[Manifest]) -> None:
    spec = find(manifests, "Ingress", "molam")["spec"]
    assert {host for tls in spec["tls"] for host in tls["hosts"]} == {rule["host"] for rule in spec["rules"]}
    assert {tls["secretName"] for tls in spec["tls"]} <= {s["metadata"]["name"] for s in EXAMPLE_SECRETS}


def test_secrets_come_from_elsewhere_as_files(manifests: list[Manifest]) -> None:
    assert not [m for m in manifests if m["kind"] == "Secret"]
    secrets = {s["metadata"]["name"]: s["stringData"] for s in EXAMPLE_SECRETS}
    for name, pod in pods(manifests).items():
        [mounted] = [volume for volume in pod["spec"]["volumes"] if volume["name"] == "secrets"]
        if "projected" in mounted:
            sources = [source["secret"]["name"] for source in mounted["projected"]["sources"]]
        else:
            sources = [mounted["secret"]["secretName"]]
        contents = {key: value for source in sources for key, value in secrets[source].items()}
        settings = settings_of(manifests, pod)
        named = {value for setting, value in settings.items() if setting.endswith("_FILE")}
        # an address names the certificate that is asked for
        urls = [value for key, value in contents.items() if key.endswith("_url")]
        named |= {conninfo_to_dict(url)["sslrootcert"] for url in urls}
        assert named == {f"/run/secrets/molam/{key}" for key in contents}, name
        assert not unknown_settings(list(settings)), name
        assert not [s for s in settings if re.search("DATABASE_URL$|TOKEN$", s)], name
    # only the migration may change tables
    owners = [name for name, pod in pods(manifests).items() if "molam-owner" in str(pod["spec"]["volumes"])]
    assert owners == ["molam-migrate"]


def test_a_changed_setting_is_a_new_rollout(manifests: list[Manifest]) -> None:
    [settings] = [m["metadata"]["name"] for m in manifests if m["kind"] == "ConfigMap"]
    assert re.fullmatch(r"molam-settings-[a-z0-9]{10}", settings)


def test_the_page_tells_how_many_connections_are_used_at_most(production: list[Manifest]) -> None:
    settings = settings_of(production, pods(production)["molam-service"])
    one_pod = int(settings["MOLAM_POOL_MAX"]) + int(settings["MOLAM_REPORT_POOL_MAX"]) + 1
    scaled = find(production, "HorizontalPodAutoscaler", "molam-service")["spec"]
    services = scaled["maxReplicas"] + 1  # a rollout's
    workers = find(production, "Deployment", "molam-worker")["spec"]["replicas"] + 1
    connections = services * one_pod + workers * SESSIONS + 2  # a migration has two
    text = (PROJECT_DIR / "docs" / "deployment.md").read_text()
    assert f"{connections} connections" in text


# --- the rollout ---------------------------------------------------------------------------------

# Stands for a cluster: renders with the real kubectl, notes all else, and says how the job went.
CLUSTER = """\
#!/bin/sh
[ "$1" != kustomize ] || exec {kubectl} "$@"
echo "$@" >> {calls}
case "$*" in *' get job '*) echo '{condition}' ;; esac
"""


def roll_out(tmp_path: Path, condition: str) -> tuple[int, list[str]]:
    calls = tmp_path / "calls"
    stand_in = tmp_path / "kubectl"
    stand_in.write_text(CLUSTER.format(kubectl=KUBECTL, calls=calls, condition=condition))
    stand_in.chmod(0o755)
    result = subprocess.run(
        [FOLDER / "rollout", FOLDER / "overlays" / "production"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        timeout=60,
    )
    return result.returncode, [
        line.removeprefix("--namespace molam ") for line in calls.read_text().splitlines()
    ]


def test_the_migration_comes_before_the_pods(tmp_path: Path) -> None:
    code, calls = roll_out(tmp_path, "SuccessCriteriaMet Complete")
    assert code == 0
    apply = f"apply --server-side --force-conflicts --kustomize {FOLDER / 'overlays' / 'production'}"
    assert calls[0].startswith("delete job molam-migrate --ignore-not-found")
    assert calls[1] == f"{apply} --selector app.kubernetes.io/component=migrate"
    assert calls[2].startswith("get job molam-migrate")
    assert calls[3] == apply
    assert [call.split()[:3] for call in calls[4:]] == [
        ["rollout", "status", f"deployment/molam-{name}"] for name in ("service", "worker")
    ]


def test_after_a_failed_migration_the_pods_stay(tmp_path: Path) -> None:
    code, calls = roll_out(tmp_path, "FailureTarget Failed")
    assert code == 1
    assert [call.split()[0] for call in calls] == ["delete", "apply", "get", "logs"]


def test_usage() -> None:
    assert subprocess.run([FOLDER / "rollout"], capture_output=True).returncode == 2
