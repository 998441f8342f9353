"""The dashboard reads: the database computes each answer, and writes it too."""

from typing import Any

from litestar import Request, Router, get

from app import answers, models
from app.auth import Caller, require_dashboard_caller
from app.figures import Figures
from app.openapi import Reply, describe
from app.routes.json_answer import JsonAnswer

_Request = Request[Caller, Any, Any]


@get(
    "/overview",
    summary="Today and the month to date",
    operation_class=describe({200: Reply("The figures", answers.Overview)}, query=models.CurrencyQuery),
)
async def overview(request: _Request) -> JsonAnswer:
    """Figures of the local day and month, in one currency; growth is against the same hours of yesterday."""
    query = models.check_query(request.scope["query_string"], models.CurrencyQuery)
    question = (request.user.merchant_id, query.currency)
    return JsonAnswer(await _figures(request).overview.ask(question))


@get(
    "/analytics",
    summary="Figures per day or hour",
    operation_class=describe({200: Reply("The figures", answers.Analytics)}, query=models.AnalyticsQuery),
)
async def analytics(request: _Request) -> JsonAnswer:
    """Every local day (at most 731) or hour (at most 31 days) of the range, zeros included, and totals."""
    query = models.check_query(request.scope["query_string"], models.AnalyticsQuery)
    query.check_range()
    days = (query.start_date, query.end_date, query.granularity)
    question = (request.user.merchant_id, *days, query.currency)
    return JsonAnswer(await _figures(request).analytics.ask(question))


@get(
    "/payment-methods",
    summary="Figures per payment method",
    operation_class=describe({200: Reply("The figures", answers.PaymentMethods)}, query=models.PeriodQuery),
)
async def payment_methods(request: _Request) -> JsonAnswer:
    """Payment methods of the last `days` local days or of a range, the largest amount first."""
    query = models.check_query(request.scope["query_string"], models.PeriodQuery)
    query.check_period()
    question = (request.user.merchant_id, *query.period, query.currency)
    return JsonAnswer(await _figures(request).payment_methods.ask(question))


@get(
    "/top-products",
    summary="Products that sold most",
    operation_class=describe({200: Reply("The figures", answers.TopProducts)}, query=models.RankingQuery),
)
async def top_products(request: _Request) -> JsonAnswer:
    """Products of the last `days` local days or of a range, the largest amount first."""
    query = models.check_query(request.scope["query_string"], models.RankingQuery)
    query.check_period()
    question = (request.user.merchant_id, *query.period, query.limit, query.currency)
    return JsonAnswer(await _figures(request).top_products.ask(question))


@get(
    "/failures",
    summary="Why payments failed",
    operation_class=describe({200: Reply("The figures", answers.Failures)}, query=models.RankingQuery),
)
async def failures(request: _Request) -> JsonAnswer:
    """Failed payments of the last `days` local days or of a range by their code, the most frequent first."""
    query = models.check_query(request.scope["query_string"], models.RankingQuery)
    query.check_period()
    question = (request.user.merchant_id, *query.period, query.limit, query.currency)
    return JsonAnswer(await _figures(request).failures.ask(question))


@get(
    "/customers",
    summary="Customers who spent most",
    operation_class=describe(
        {200: Reply("The figures", answers.CustomersAnswer)}, query=models.CustomersQuery
    ),
)
async def customers(request: _Request) -> JsonAnswer:
    """Customers of all time: averages over all, and those who spent most."""
    query = models.check_query(request.scope["query_string"], models.CustomersQuery)
    question = (request.user.merchant_id, query.limit, query.currency)
    return JsonAnswer(await _figures(request).customers.ask(question))


ROUTER = Router(
    "/api/dashboard",
    route_handlers=[overview, analytics, payment_methods, top_products, failures, customers],
    guards=[require_dashboard_caller],
    tags=["Dashboard"],
    security=[{"Bearer": []}, {"ApiKey": []}],
)


def _figures(request: _Request) -> Figures:
    return request.app.state.figures
