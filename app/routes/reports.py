"""Reports: the figures of the dashboard and the list of transactions as CSV (RFC 4180)."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Request, Response, Router, get
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from app import models
from app.auth import Caller, require_dashboard_caller
from app.database import Database
from app.reports import Report

# Whoever reads more slowly keeps others from their reports.
_MAX_SECONDS = 900

_CSV = "text/csv"

_Request = Request[Caller, Any, Any]


class _Sending(ASGIResponse):
    """Sends a report as it is read, until its end or until the client leaves."""

    _should_set_content_length = False

    def __init__(self, report: AbstractAsyncContextManager[Report]) -> None:
        super().__init__(media_type=f"{_CSV}; header=present")
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_wait_for_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait((sending, leaving))
        if sending.cancelled():
            scope["state"]["problem"] = "client-left"
        elif error := sending.exception():
            # Before the first byte it becomes an answer. Later the server closes the connection without the
            # end of the body: nobody takes what came for the whole.
            scope["state"] |= {
                "problem": "report-broken-off",
                "sqlstate": getattr(error, "sqlstate", None) or type(error).__name__,
            }
            raise error

    async def _send(self, send: Send) -> None:
        async with asyncio.timeout(_MAX_SECONDS), self._report as report:
            self.headers["content-disposition"] = f'attachment; filename="{report.file_name}"'
            await self.start_response(send)
            async for chunk in report.chunks():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _ReportResponse(Response[bytes]):
    def __init__(self, report: AbstractAsyncContextManager[Report]) -> None:
        super().__init__(b"")
        self._report = report

    def to_asgi_response(self, *_: object, **__: object) -> ASGIResponse:
        return _Sending(self._report)


@get("/analytics.csv", summary="Figures per day or hour, as CSV", media_type=_CSV)
async def analytics(request: _Request, database: Database) -> Response[bytes]:
    """The buckets of `/api/dashboard/analytics` for the same parameters, a line each, without the totals."""
    query = models.check_query(request.scope["query_string"], models.AnalyticsQuery)
    query.check_range()
    return _ReportResponse(
        database.report_analytics(
            request.user.merchant_id, query.start_date, query.end_date, query.granularity, query.currency
        )
    )


@get("/payment-methods.csv", summary="Figures per payment method, as CSV", media_type=_CSV)
async def payment_methods(request: _Request, database: Database) -> Response[bytes]:
    """What `/api/dashboard/payment-methods` says for the same parameters, a line per method."""
    query = models.check_query(request.scope["query_string"], models.PaymentMethodsQuery)
    return _ReportResponse(
        database.report_payment_methods(request.user.merchant_id, query.days, query.currency)
    )


@get("/top-products.csv", summary="Products that sold most, as CSV", media_type=_CSV)
async def top_products(request: _Request, database: Database) -> Response[bytes]:
    """What `/api/dashboard/top-products` says, a line per product; `limit` may be up to 100000 here."""
    query = models.check_query(request.scope["query_string"], models.TopProductsReportQuery)
    return _ReportResponse(
        database.report_top_products(request.user.merchant_id, query.days, query.limit, query.currency)
    )


@get("/customers.csv", summary="Customers who spent most, as CSV", media_type=_CSV)
async def customers(request: _Request, database: Database) -> Response[bytes]:
    """The `top_customers` of `/api/dashboard/customers`, a line each; `limit` may be up to 1000000 here."""
    query = models.check_query(request.scope["query_string"], models.CustomersReportQuery)
    return _ReportResponse(database.report_customers(request.user.merchant_id, query.limit, query.currency))


@get("/transactions.csv", summary="Transactions, as CSV", media_type=_CSV)
async def transactions(request: _Request, database: Database) -> Response[bytes]:
    """All pages of `/api/transactions` for the same filters, a line per transaction, the newest first."""
    query = models.check_query(request.scope["query_string"], models.TransactionFilters)
    return _ReportResponse(database.report_transactions(request.user.merchant_id, *query.filters()))


ROUTER = Router(
    "/api/reports",
    route_handlers=[analytics, payment_methods, top_products, customers, transactions],
    guards=[require_dashboard_caller],
    tags=["Reports"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)
