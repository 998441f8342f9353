"""Sends events the way the service does, and reads the outcomes from the answer."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg

from tests.oracle import Json, Outcome

# Decimal becomes a JSON number with the same digits.
encode = msgspec.json.Encoder(decimal_format="number").encode


def ingest(
    api: psycopg.Connection[tuple], merchant_id: UUID, events: list[Json], *, lenient: bool = True
) -> tuple[bool, Any]:
    """Whether anything was stored, and the answer."""
    query = "select is_stored, body from api.ingest_events(%s, %s, %s)"
    return api.execute(query, (merchant_id, encode(events).decode(), lenient)).fetchone()


def outcomes(is_stored: bool, answer: Any, size: int) -> list[Outcome]:
    """Each item's outcome. Of a batch that was refused as a whole only what is wrong is known."""
    if not is_stored:
        return refused(answer, size)
    result = [Outcome("ingested")] * size
    for item in answer["results"]:
        pointers = [error["pointer"] for error in item.get("errors", [])]
        result[item["index"]] = Outcome(item["outcome"], fields(pointers, item["index"]))
    names = [outcome.name for outcome in result]
    assert {key: value for key, value in answer.items() if key != "results"} == {
        "ok": True,
        "total": size,
        "ingested": names.count("ingested"),
        "duplicates": names.count("duplicate"),
        "conflicts": names.count("conflict"),
        "rejected": names.count("rejected"),
    }
    return result


def refused(errors: list[Json], size: int) -> list[Outcome]:
    pointers = [error["pointer"] for error in errors]
    wrong = {index: fields(pointers, index) for index in range(size)}
    return [
        Outcome("rejected", wrong[index]) if wrong[index] else Outcome("not stored") for index in range(size)
    ]


def fields(pointers: list[str], index: int) -> frozenset[str]:
    start = f"/{index}/"
    return frozenset(pointer.removeprefix(start) for pointer in pointers if pointer.startswith(start))
