"""Reports: the figures of the dashboard and the list of transactions as CSV (RFC 4180)."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.openapi.spec import Operation
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from app import models
from app.auth import Caller, require_dashboard_caller
from app.database import Database
from app.openapi import TextReply, describe
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


# The line of headings, and one of figures.
_EXAMPLES = {
    "analytics": (
        "date,currency,transactions,successful,failed,created,refunded,revenue,refunds,fees,net_revenue,"
        "avg_transaction,success_rate,customers,new_customers\r\n"
        "2026-11-22,XOF,13,12,1,13,1,12000,1000,360,10640,1000.00,0.9231,9,2\r\n"
    ),
    "payment-methods": (
        'method,currency,count,amount,share,success_rate\r\n"mobile_money",XOF,12,12000,1.0000,0.9231\r\n'
    ),
    "top-products": (
        'product_id,product_name,currency,transactions,amount\r\n"prod-123","Premium",XOF,12,12000\r\n'
    ),
    "failures": 'failure_code,currency,count,share\r\n"insufficient_funds",XOF,5,0.2381\r\n',
    "customers": (
        "customer_id,currency,transactions,total_spent,first_transaction,last_transaction\r\n"
        '"cust-456",XOF,12,12000,2026-11-02T08:00:00Z,2026-11-22T09:30:00Z\r\n'
    ),
    "transactions": (
        "transaction_id,status,currency,amount,revenue,refunds,fees,net_revenue,payment_method,customer_id,"
        "product_id,product_name,failure_code,started_at\r\n"
        '"txn-789",succeeded,XOF,1000,1000,0,30,970,"mobile_money","cust-456","prod-123","Premium",,'
        "2026-11-22T09:30:00Z\r\n"
    ),
}


def _describe(query: type[msgspec.Struct], example: str) -> type[Operation]:
    reply = TextReply("The report", _CSV, example, headers=("Content-Disposition",))
    return describe({200: reply}, query=query)


@get(
    "/analytics.csv",
    summary="Figures per day or hour, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.AnalyticsQuery, _EXAMPLES["analytics"]),
)
async def analytics_report(request: _Request, database: Database) -> Response[bytes]:
    """The buckets of `/api/dashboard/analytics` for the same parameters, a line each, without the totals."""
    query = models.check_query(request.scope["query_string"], models.AnalyticsQuery)
    query.check_range()
    return _ReportResponse(
        database.report_analytics(
            request.user.merchant_id, query.start_date, query.end_date, query.granularity, query.currency
        )
    )


@get(
    "/payment-methods.csv",
    summary="Figures per payment method, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.PeriodQuery, _EXAMPLES["payment-methods"]),
)
async def payment_methods_report(request: _Request, database: Database) -> Response[bytes]:
    """What `/api/dashboard/payment-methods` says for the same parameters, a line per method."""
    query = models.check_query(request.scope["query_string"], models.PeriodQuery)
    query.check_period()
    return _ReportResponse(
        database.report_payment_methods(request.user.merchant_id, query.period, query.currency)
    )


@get(
    "/top-products.csv",
    summary="Products that sold most, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.RankingReportQuery, _EXAMPLES["top-products"]),
)
async def top_products_report(request: _Request, database: Database) -> Response[bytes]:
    """What `/api/dashboard/top-products` says, a line per product; `limit` may be up to 100000 here."""
    query = models.check_query(request.scope["query_string"], models.RankingReportQuery)
    query.check_period()
    return _ReportResponse(
        database.report_top_products(request.user.merchant_id, query.period, query.limit, query.currency)
    )


@get(
    "/failures.csv",
    summary="Why payments failed, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.RankingReportQuery, _EXAMPLES["failures"]),
)
async def failures_report(request: _Request, database: Database) -> Response[bytes]:
    """What `/api/dashboard/failures` says, a line per code; `limit` may be up to 100000 here."""
    query = models.check_query(request.scope["query_string"], models.RankingReportQuery)
    query.check_period()
    return _ReportResponse(
        database.report_failures(request.user.merchant_id, query.period, query.limit, query.currency)
    )


@get(
    "/customers.csv",
    summary="Customers who spent most, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.CustomersReportQuery, _EXAMPLES["customers"]),
)
async def customers_report(request: _Request, database: Database) -> Response[bytes]:
    """The `top_customers` of `/api/dashboard/customers`, a line each; `limit` may be up to 1000000 here."""
    query = models.check_query(request.scope["query_string"], models.CustomersReportQuery)
    return _ReportResponse(database.report_customers(request.user.merchant_id, query.limit, query.currency))


@get(
    "/transactions.csv",
    summary="Transactions, as CSV",
    media_type=_CSV,
    operation_class=_describe(models.TransactionFilters, _EXAMPLES["transactions"]),
)
async def transactions_report(request: _Request, database: Database) -> Response[bytes]:
    """All pages of `/api/transactions` for the same filters, a line per transaction, the newest first."""
    query = models.check_query(request.scope["query_string"], models.TransactionFilters)
    return _ReportResponse(database.report_transactions(request.user.merchant_id, *query.filters()))


ROUTER = Router(
    "/api/reports",
    route_handlers=[
        analytics_report,
        payment_methods_report,
        top_products_report,
        failures_report,
        customers_report,
        transactions_report,
    ],
    guards=[require_dashboard_caller],
    tags=["Reports"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)
