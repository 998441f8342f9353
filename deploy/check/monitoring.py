"""Debian's Prometheus with our files: does it see the service, and has it nothing to alarm about?"""

import json
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from app.release import PROJECT_DIR

_FILES = PROJECT_DIR / "deploy" / "prometheus"
_SECONDS = 60


def check_monitoring(stack: ExitStack, folder: Path) -> None:
    """Parameters: `stack`, which ends what is started; `folder`, for its data. Errors: SystemExit."""
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(_configuration()))
    options = ("--web.listen-address=127.0.0.1:9090", "--log.level=warn")
    storage = f"--storage.tsdb.path={folder / 'prometheus'}"
    process = subprocess.Popen(["prometheus", f"--config.file={file}", storage, *options])
    stack.callback(process.wait)
    stack.callback(process.terminate)
    deadline = time.monotonic() + _SECONDS
    while (problem := _problem()) is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(problem)
        time.sleep(1)


def _configuration() -> dict[str, Any]:
    """Ours, but for what only the network of the compose file has, and quicker."""
    config = yaml.safe_load((_FILES / "prometheus.yml").read_text())
    [job] = config["scrape_configs"]
    [names] = job.pop("dns_sd_configs")
    job["static_configs"] = [{"targets": [f"127.0.0.1:{names['port']}"]}]
    job["authorization"]["credentials_file"] = str(PROJECT_DIR / "deploy" / "secrets" / "metrics_token")
    config["rule_files"] = [str(_FILES / name) for name in config["rule_files"]]
    config["global"] = dict.fromkeys(("scrape_interval", "evaluation_interval"), "1s")
    return config


def _problem() -> str | None:
    """What is not as it should be, or not yet."""
    try:
        rules = [rule for group in _ask("rules")["groups"] for rule in group["rules"]]
        ingested = _ask("query?query=molam_events_total%7Boutcome%3D%22ingested%22%7D")["result"]
        # also those that wait: before the first scrape no copy of the service is known
        alerts = _ask("alerts")["alerts"]
    except OSError as error:
        return f"Prometheus does not answer: {error}"
    if not rules or any(rule["health"] != "ok" for rule in rules):
        return f"Prometheus cannot evaluate the rules: {rules}"
    if not ingested:
        return "Prometheus does not see the service's events"
    return f"alerts of a system that is well: {alerts}" if alerts else None


def _ask(path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:9090/api/v1/{path}", timeout=5) as answer:
        return json.load(answer)["data"]
