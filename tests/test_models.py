"""The shape checks: exact about duplicate keys, and the fast way through a batch agrees with the slow one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MALFORMED_JSON, VALIDATION_FAILED, Problem
from app.models import check_event, check_event_lines, check_events

TRICKY = st.text(
    st.sampled_from('":\\,{}[] \t\n/aé\u2028\U0001f600') | st.characters(codec="utf-8"), max_size=12
)
NAMES = ["payment_method", "product_id", "product_name", "customer_id", "failure_code", "idempotency_key"]
EVENT = {"transaction_id": "t", "event_type": "payment_failed", "amount": 5, "currency": "EUR"}


# --- duplicate keys ------------------------------------------------------------------------------


@st.composite
def spelled_strings(draw: st.DrawFn, text: str) -> str:
    """The text as a JSON string, each character escaped or not."""

    def spell(character: str) -> str:
        bare = json.dumps(character, ensure_ascii=False)[1:-1]
        units = character.encode("utf-16-be").hex()
        escaped = "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
        return draw(st.sampled_from([bare, escaped, escaped.upper().replace("\\U", "\\u")]))

    return '"' + "".join(spell(character) for character in text) + '"'


@st.composite
def spelled_objects(draw: st.DrawFn) -> tuple[str, bool]:
    """An event in one of its many spellings, perhaps with a key twice; and whether it has one."""
    pairs = [(name, json.dumps(value)) for name, value in EVENT.items()]
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        value = draw(TRICKY.filter(lambda text: text and "\0" not in text))
        pairs.append((name, draw(spelled_strings(value))))
    is_repeated = draw(st.booleans())
    if is_repeated:
        pairs.append(draw(st.sampled_from(pairs)))
    blank = st.sampled_from(["", " ", "\n\t ", "\r\n"])
    spelled = [
        f"{draw(blank)}{draw(spelled_strings(name))}{draw(blank)}:{draw(blank)}{value}{draw(blank)}"
        for name, value in draw(st.permutations(pairs))
    ]
    return f"{{{','.join(spelled)}}}", is_repeated


@given(spelled_objects())
def test_exactly_the_repeated_keys_are_found(spelled: tuple[str, bool]) -> None:
    text, is_repeated = spelled
    assert isinstance(json.loads(text), dict)
    line = text.replace("\n", " ")
    for check, body in (
        (check_event, text),
        (check_events, f"[{json.dumps(EVENT)}, {text}]"),
        (check_event_lines, f"{json.dumps(EVENT)}\n{line}"),
    ):
        if is_repeated:
            with pytest.raises(Problem) as caught:
                check(body.encode())
            assert caught.value.kind is MALFORMED_JSON
            assert "twice" in caught.value.detail
        else:
            check(body.encode())


# --- batches -------------------------------------------------------------------------------------

VALID: list[Any] = [
    {},
    {"amount": "5.00"},
    {"amount": 1e3, "fee": None},
    {"fee": "0", "occurred_at": "2026-01-01T00:00:00+14:00"},
    {"product_name": "\\u0000 in letters", "occurred_at": None},
]
INVALID: list[Any] = [
    {"amount": None},
    {"amount": "1,2"},
    {"amount": [1]},
    {"fee": "x"},
    {"fee": {}},
    {"currency": "EURO"},
    {"customer_id": ""},
    {"customer_id": "a\0"},
    {"occurred_at": "2026-01-01T00:00:00-16:00"},
    {"colour": 1},
]


@given(st.lists(st.sampled_from(VALID + INVALID), min_size=1, max_size=20))
def test_a_batch_is_as_good_as_its_items(changes: list[dict[str, Any]]) -> None:
    items = [{**EVENT, **change} for change in changes]
    body = json.dumps(items).encode()
    batch = check_events(body)
    assert list(batch.errors) == [index for index, change in enumerate(changes) if change in INVALID]
    for index, error in batch.errors.items():
        with pytest.raises(Problem) as caught:
            check_event(json.dumps(items[index]).encode())
        assert caught.value.kind is VALIDATION_FAILED
        assert isinstance(caught.value.errors, tuple)
        assert error.pointer == f"/{index}{caught.value.errors[0].pointer}"
        items[index] = {}
    assert json.loads(batch.text) == items
    # passed on as it came, not written anew
    assert batch.errors or batch.text == body


BLANKS = st.lists(st.sampled_from([b"", b" ", b"\t\r", b"\r"]), max_size=2).map(lambda lines: [*lines, b""])
LINE_ENDS = st.sampled_from([b"", b" \r"])


@given(st.lists(st.sampled_from([*VALID, *INVALID, None]), min_size=1, max_size=8), st.data())
def test_lines_are_as_good_as_their_array(changes: list[Any], data: st.DataObject) -> None:
    items = [json.dumps(None if change is None else {**EVENT, **change}).encode() for change in changes]
    lines = [b"\n".join(data.draw(BLANKS)) + item + data.draw(LINE_ENDS) for item in items]
    batch = check_event_lines(b"\n".join(lines) + data.draw(st.sampled_from([b"", b"\n", b"\r\n\r\n"])))
    array = check_events(b"[" + b",".join(items) + b"]")
    assert batch.errors == array.errors
    assert json.loads(batch.text) == json.loads(array.text)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"[" + b",".join([b"{}"] * 1001) + b"]"])
def test_anything_but_1_to_1000_items(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        check_events(body)
    assert caught.value.kind is VALIDATION_FAILED


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TRICKY,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TRICKY | st.sampled_from(list(EVENT)), inner, max_size=4)
    ),
)


TEXTS = st.binary(max_size=200) | (TRICKY | ANY_JSON.map(json.dumps)).map(str.encode)
PIECES = [b"{", b"}", b"[", b"]", b",", b"\n", b" ", json.dumps(EVENT).encode()]


@given(st.lists(st.sampled_from(PIECES) | TEXTS))
def test_lines_make_no_event_together(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    try:
        batch = check_event_lines(body)
    except Problem:
        return
    values = [json.loads(line) for line in body.split(b"\n") if line.strip(b" \t\r")]
    expected = [{} if index in batch.errors else value for index, value in enumerate(values)]
    assert json.loads(batch.text) == expected


@given(TEXTS)
def test_nothing_else_is_an_event(body: bytes) -> None:
    with pytest.raises(Problem):
        check_event(body)
    try:
        batch = check_events(body)
    except Problem:
        return
    assert len(batch.errors) == len(json.loads(body))
