"""The API's description: what it says of answers is what the service answers, for every operation."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from app import answers, models
from app.errors import PROBLEM_TYPES
from tests.http.conftest import BOTH_SCOPES, Tenant, create_tenant, event, post
from tests.http.people import ENDPOINTS, KEYS, Person
from tests.http.senders import Sender, message

CONCEPTS = Path(__file__).parents[2] / "docs" / "concepts.md"
JSON = "application/json"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Json:
    response = client.get("/docs/openapi.json")
    assert response.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    return response.json()


def operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from path.values()


def json_replies(document: Json) -> Iterator[tuple[str, int, Json]]:
    """Operation, status and content of each answer that is JSON and no error."""
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if content := response.get("content", {}).get(JSON):
                yield operation["operationId"], int(status), content


def struct(content: Json) -> type[msgspec.Struct]:
    return getattr(answers, content["schema"]["$ref"].rpartition("/")[2])


class Checker:
    """Holds answers against the document, strictly: every field that is there, and no others."""

    def __init__(self, document: Json) -> None:
        self.types = {(name, status): struct(content) for name, status, content in json_replies(document)}
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, operation_id: str, response: httpx.Response) -> Any:
        place = (operation_id, response.status_code)
        assert place in self.types, response.text
        assert response.headers["content-type"] == JSON
        self.seen.add(place)
        return msgspec.json.decode(response.content, type=self.types[place])


def test_answers(
    client: httpx.Client,
    document: Json,
    db: psycopg.Connection[Any],
    owner: Person,
    drain: Callable[[psycopg.Connection[Any]], None],
) -> None:
    check = Checker(document)
    tenant = create_tenant(db, owner.merchant_id, BOTH_SCOPES)
    send_events(client, check, tenant, owner)
    drain(db)
    read_figures(client, check, tenant)
    read_transactions(client, check, tenant)
    read_reports(client, document, tenant)
    manage(check, owner)
    check("sign_in", client.get("/api/sign-in"))
    check("me", owner.ask("GET", "/api/me"))
    check("healthz", client.get("/healthz"))
    check("readyz", client.get("/readyz"))
    check("describe_problem", client.get("/problems/not-found"))
    missing = set(check.types) - check.seen
    # a service that is not ready is seen in test_health.py
    assert missing == {("readyz", 503)}


def send_events(client: httpx.Client, check: Checker, tenant: Tenant, owner: Person) -> None:
    sent = event(customer_id="c-1", product_id="p-1", product_name="Premium", payment_method="wave", fee=30)
    for _ in range(2):  # new, then sent before
        check("ingest_event", post(client, "/api/events/transaction", tenant, sent))
    batch = [event(event_type=t, customer_id="c-1") for t in ("payment_failed", "payment_created")]
    lenient = [*batch, batch[0], {**batch[0], "amount": 1}, {}]
    for body, prefer in ((batch, "handling=strict"), (lenient, "handling=lenient")):
        response = post(client, "/api/events/transaction/batch", tenant, body, Prefer=prefer)
        check("ingest_events", response)
    sender, webhook = Sender(owner), message(transaction_id="txn-webhook")
    for _ in range(2):
        check("receive_webhook", sender.send(webhook, "msg_1"))


def read_figures(client: httpx.Client, check: Checker, tenant: Tenant) -> None:
    today = datetime.now(UTC).date()
    days = {"start_date": str(today - timedelta(days=1)), "end_date": str(today)}
    for name, path, parameters in (
        ("overview", "overview", {}),
        ("analytics", "analytics", {**days, "granularity": "daily"}),
        ("analytics", "analytics", {**days, "granularity": "hourly"}),
        ("payment_methods", "payment-methods", {}),
        ("top_products", "top-products", days),
        ("failures", "failures", {}),
        ("customers", "customers", {}),
    ):
        figures = check(name, client.get(f"/api/dashboard/{path}", params=parameters, headers=tenant.headers))
        nested = (
            getattr(figures, f, None)
            for f in ("data", "payment_methods", "products", "failures", "top_customers")
        )
        assert all(rows != [] for rows in nested), name  # nothing is compared when there is nothing


def read_transactions(client: httpx.Client, check: Checker, tenant: Tenant) -> None:
    two_currencies = event(event_type="payment_failed", currency="EUR", transaction_id="txn-webhook")
    post(client, "/api/events/transaction", tenant, two_currencies)
    page = check("list_transactions", client.get("/api/transactions", headers=tenant.headers))
    assert page.data
    one = check("get_transaction", client.get("/api/transactions/txn-webhook", headers=tenant.headers))
    assert one.events
    assert one.other_currencies


def read_reports(client: httpx.Client, document: Json, tenant: Tenant) -> None:
    """A report's first line is that of its example, and the others have as many cells."""
    today = datetime.now(UTC).date()
    paths = [path for path in document["paths"] if path.endswith(".csv")]
    assert len(paths) == 6
    for path in paths:
        parameters = {"start_date": today, "end_date": today} if "analytics" in path else {}
        report = client.get(path, params=parameters, headers=tenant.headers)
        described = document["paths"][path]["get"]["responses"]["200"]
        example = described["content"]["text/csv"]["example"]
        rows = [list(csv.reader(io.StringIO(text))) for text in (report.text, example)]
        assert rows[0][0] == rows[1][0]
        assert len(rows[0]) > 1
        assert {len(row) for row in rows[0]} == {len(row) for row in rows[1]}
        assert re.fullmatch(
            document["components"]["headers"]["Content-Disposition"]["schema"]["pattern"],
            report.headers["content-disposition"],
        )


def manage(check: Checker, owner: Person) -> None:
    for path, kind, key in ((KEYS, "key", "key_id"), (ENDPOINTS, "endpoint", "endpoint_id")):
        made = owner.ask("POST", path, {})
        check(f"create_{kind}", made)
        one = f"{path}/{made.json()[key]}"
        rotate = "rotate_key" if kind == "key" else "rotate_secret"
        check(rotate, owner.ask("POST", f"{one}/rotate", {"overlap_seconds": 60}))
        check(f"get_{kind}", owner.ask("GET", one))
        check(f"audit_{kind}", owner.ask("GET", f"{one}/audit"))
        page = check(f"list_{kind}s", owner.ask("GET", path))
        assert page.data


def test_problems_are_described(client: httpx.Client, document: Json) -> None:
    """Every example of a problem is one, and its type leads to a description."""
    examples = document["components"]["examples"]
    assert set(examples) == set(PROBLEM_TYPES)
    for slug, example in examples.items():
        problem = msgspec.convert(example["value"], answers.ProblemDetails)
        response = client.get(problem.type)
        described = msgspec.json.decode(response.content, type=answers.ProblemDescription)
        assert (described.type, described.title, described.status) == (
            f"/problems/{slug}",
            problem.title,
            problem.status,
        )
        assert described.remedy
    assert client.get("/problems/nope").status_code == 404


def test_examples_are_true(document: Json) -> None:
    for name, status, content in json_replies(document):
        assert msgspec.convert(content["example"], struct(content), strict=False), (name, status)
    for operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            body = msgspec.json.encode(content["example"])
            model = content["schema"].get("$ref", "").rpartition("/")[2]
            match model:
                case "":
                    assert not models.check_events(body).errors
                case "Event":
                    models.check_event(body)
                case "Webhook":
                    models.check_webhook(body, "msg_1")
                case _:
                    models.check_body(body, getattr(models, model))


def test_everything_is_described(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids))
    for operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]
        assert all(parameter["description"] for parameter in operation["parameters"])
        assert all(response["description"] for response in operation["responses"].values())
    for name, schema in document["components"]["schemas"].items():
        for field, rule in schema["properties"].items():
            assert rule.get("description") or "$ref" in rule, f"{name}.{field}"


def test_measures_are_those_of_the_concepts() -> None:
    """docs/concepts.md and the description define each measure in the same words."""
    defined = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", CONCEPTS.read_text(), re.MULTILINE))
    schemas = msgspec.json.schema_components([answers.Measures, answers.PaymentMethod])[1]
    described = {**schemas["PaymentMethod"]["properties"], **schemas["Measures"]["properties"]}
    assert defined == {name: described[name]["description"] for name in defined}
    assert set(schemas["Measures"]["properties"]) <= set(defined)


def test_options_names_the_methods(
    client: httpx.Client, document: Json, db: psycopg.Connection[Any], owner: Person
) -> None:
    tenant = create_tenant(db, owner.merchant_id, BOTH_SCOPES)
    for path, described in document["paths"].items():
        answers_to = [client.options(path, headers=h) for h in ({}, owner.headers, tenant.headers)]
        allowed = {a.headers["allow"] for a in answers_to if a.status_code == 204}
        assert [set(allow.split(", ")) - {"OPTIONS"} for allow in allowed] == [{m.upper() for m in described}]


def test_null_is_a_value_like_others(
    client: httpx.Client,
    tenant: Tenant,
    db: psycopg.Connection[Any],
    drain: Callable[[psycopg.Connection[Any]], None],
) -> None:
    """In a query string it is a text of four letters, and never stands for nothing."""
    for customer in ("c-1", "null"):
        post(client, "/api/events/transaction", tenant, event(customer_id=customer))
    drain(db)
    for name, status in (("status", 422), ("currency", 422), ("from", 422), ("limit", 422)):
        response = client.get(f"/api/transactions?{name}=null", headers=tenant.headers)
        assert response.status_code == status, name
    found = client.get("/api/transactions?customer_id=null", headers=tenant.headers)
    assert [entry["customer_id"] for entry in found.json()["data"]] == ["null"]
