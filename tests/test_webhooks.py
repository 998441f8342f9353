"""Ids of webhook endpoints and their secrets as text. Signatures are tested over HTTP."""

import base64
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.webhooks import merchant_of, new_endpoint_id, new_secret


@given(st.uuids() | st.sampled_from([UUID(int=0), UUID(int=2**128 - 1)]))
def test_an_id_says_whose_it_is(merchant_id: UUID) -> None:
    assert merchant_of(new_endpoint_id(merchant_id)) == merchant_id


@given(st.text())
def test_any_text_is_no_id(text: str) -> None:
    for candidate in (text, f"we_{text}", f"{new_endpoint_id(UUID(int=1))}{text or ' '}"):
        assert merchant_of(candidate) is None
    assert merchant_of(f"we_{'z' * 22}_{'a' * 12}") is None


def test_ids_and_secrets_differ() -> None:
    secrets = [new_secret() for _ in range(1000)]
    assert len({secret.key for secret in secrets}) == len({secret.text for secret in secrets}) == 1000
    assert all(secret.text == f"whsec_{base64.b64encode(secret.key).decode()}" for secret in secrets)
    assert len({new_endpoint_id(UUID(int=1)) for _ in range(1000)}) == 1000
