"""Transactions: a page of the list, or one of them with its events; the database writes each answer."""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request, Response, Router, get

from app.answers import TransactionAnswer, TransactionPage
from app.auth import Caller, require_dashboard_caller
from app.database import Database
from app.errors import NOT_FOUND, Problem
from app.models import NoQuery, TransactionsQuery, check_query
from app.openapi import Reply, describe

_Request = Request[Caller, Any, Any]

_PATH = "/api/transactions"


@get(
    "/",
    summary="List transactions",
    operation_class=describe({200: Reply("A page of them", TransactionPage)}, query=TransactionsQuery),
)
async def list_transactions(request: _Request, database: Database) -> Response[bytes]:
    """A page of the merchant's transactions, the newest first; each is in one currency.

    Filters: `status` (created, failed, succeeded, partially_refunded, refunded), `from` and `to` (local
    dates, both included, or RFC 3339 times), `customer_id`, `product_id`, `payment_method`, `currency`,
    `search` (how a transaction's or a customer's id starts). `limit` is 1 to 100 (50). While `has_more` is
    true, `next_cursor` as `starting_after` gives the next page, which may then hold fewer than `limit`;
    `previous_cursor` as `ending_before` gives newer ones. Both also take the id of a transaction.
    """
    if request.scope["raw_path"].rstrip(b"/") != _PATH.encode():  # an id that is slashes and nothing else
        return await _answer(request, database)
    query = check_query(request.scope["query_string"], TransactionsQuery)
    query.check_direction()
    return Response(
        await database.list_transactions(
            request.user.merchant_id,
            query.limit,
            query.starting_after,
            query.ending_before,
            *query.filters(),
        ),
        media_type="application/json",
    )


@get(
    "/{transaction_id:path}",
    summary="One transaction",
    operation_class=describe({200: Reply("The transaction", TransactionAnswer)}, query=NoQuery),
)
async def get_transaction(request: _Request, database: Database) -> Response[bytes]:
    """The transaction as in the list, and its events in their order, of all acknowledged by now.

    Where it has events in several currencies, the entries in the others are in `other_currencies`.
    Of more than 1000 events the latest are shown. The id is percent-encoded, slashes too.
    """
    return await _answer(request, database)


async def _answer(request: _Request, database: Database) -> Response[bytes]:
    check_query(request.scope["query_string"], NoQuery)
    # as it came: the router takes encoded slashes for parts of the path
    encoded = request.scope["raw_path"].removeprefix(f"{_PATH}/".encode())
    try:
        transaction_id = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        transaction_id = ""
    answer = None
    if 1 <= len(transaction_id) <= 128 and "\0" not in transaction_id:
        answer = await database.get_transaction(request.user.merchant_id, transaction_id)
    if answer is None:
        raise Problem(NOT_FOUND, "There is no such transaction.")
    return Response(answer, media_type="application/json")


ROUTER = Router(
    _PATH,
    route_handlers=[list_transactions, get_transaction],
    guards=[require_dashboard_caller],
    tags=["Transactions"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)
