"""The dashboard reads: the database computes each answer, and writes it too."""

from typing import Any

from litestar import Request, Response, Router, get

from app import answers, models
from app.auth import Caller, require_dashboard_caller
from app.database import Database
from app.openapi import Reply, describe

_Request = Request[Caller, Any, Any]


@get(
    "/overview",
    summary="Today and the month to date",
    operation_class=describe({200: Reply("The figures", answers.Overview)}, query=models.CurrencyQuery),
)
async def overview(request: _Request, database: Database) -> Response[bytes]:
    """Figures of the local day and month, in one currency; growth is against the same hours of yesterday."""
    query = models.check_query(request.scope["query_string"], models.CurrencyQuery)
    return _json(await database.dashboard_overview(request.user.merchant_id, query.currency))


@get(
    "/analytics",
    summary="Figures per day or hour",
    operation_class=describe({200: Reply("The figures", answers.Analytics)}, query=models.AnalyticsQuery),
)
async def analytics(request: _Request, database: Database) -> Response[bytes]:
    """Every local day (at most 731) or hour (at most 31 days) of the range, zeros included, and totals."""
    query = models.check_query(request.scope["query_string"], models.AnalyticsQuery)
    query.check_range()
    return _json(
        await database.dashboard_analytics(
            request.user.merchant_id, query.start_date, query.end_date, query.granularity, query.currency
        )
    )


@get(
    "/payment-methods",
    summary="Figures per payment method",
    operation_class=describe({200: Reply("The figures", answers.PaymentMethods)}, query=models.PeriodQuery),
)
async def payment_methods(request: _Request, database: Database) -> Response[bytes]:
    """Payment methods of the last `days` local days or of a range, the largest amount first."""
    query = models.check_query(request.scope["query_string"], models.PeriodQuery)
    query.check_period()
    return _json(
        await database.dashboard_payment_methods(request.user.merchant_id, query.period, query.currency)
    )


@get(
    "/top-products",
    summary="Products that sold most",
    operation_class=describe({200: Reply("The figures", answers.TopProducts)}, query=models.RankingQuery),
)
async def top_products(request: _Request, database: Database) -> Response[bytes]:
    """Products of the last `days` local days or of a range, the largest amount first."""
    query = models.check_query(request.scope["query_string"], models.RankingQuery)
    query.check_period()
    return _json(
        await database.dashboard_top_products(
            request.user.merchant_id, query.period, query.limit, query.currency
        )
    )


@get(
    "/failures",
    summary="Why payments failed",
    operation_class=describe({200: Reply("The figures", answers.Failures)}, query=models.RankingQuery),
)
async def failures(request: _Request, database: Database) -> Response[bytes]:
    """Failed payments of the last `days` local days or of a range by their code, the most frequent first."""
    query = models.check_query(request.scope["query_string"], models.RankingQuery)
    query.check_period()
    return _json(
        await database.dashboard_failures(request.user.merchant_id, query.period, query.limit, query.currency)
    )


@get(
    "/customers",
    summary="Customers who spent most",
    operation_class=describe(
        {200: Reply("The figures", answers.CustomersAnswer)}, query=models.CustomersQuery
    ),
)
async def customers(request: _Request, database: Database) -> Response[bytes]:
    """Customers of all time: averages over all, and those who spent most."""
    query = models.check_query(request.scope["query_string"], models.CustomersQuery)
    return _json(await database.dashboard_customers(request.user.merchant_id, query.limit, query.currency))


ROUTER = Router(
    "/api/dashboard",
    route_handlers=[overview, analytics, payment_methods, top_products, failures, customers],
    guards=[require_dashboard_caller],
    tags=["Dashboard"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)


def _json(answer: bytes) -> Response[bytes]:
    return Response(answer, media_type="application/json")
