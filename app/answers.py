"""What goes out: the JSON that the database writes, described for the API's document.

What the database writes is passed on as it is, not built from these: they say what is in it, and the tests
hold every answer of the service against them. An amount is a JSON number with the decimals of its currency.
What each measure is, is written here as in docs/concepts.md.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.errors import FieldError

# --- words ---------------------------------------------------------------------------------------

Currency = Annotated[
    str, Meta(pattern="^[A-Z]{3}$", description="The ISO 4217 code of all amounts here", examples=["XOF"])
]
Timezone = Annotated[
    str, Meta(description="The merchant's IANA time zone, of all dates here", examples=["Africa/Dakar"])
]
Instant = Annotated[datetime, Meta(tz=True, examples=["2026-11-22T09:30:00.25Z"])]
AsOf = Annotated[Instant, Meta(description="Every event acknowledged before this moment is in the figures")]
LocalDate = Annotated[date, Meta(examples=["2026-11-22"])]
Count = Annotated[int, Meta(ge=0, examples=[12])]
Amount = Annotated[Decimal, Meta(examples=[12000])]

# The descriptions from here to `Share` are those of the table in docs/concepts.md.
Created = Annotated[Count, Meta(description="number of `payment_created`", examples=[13])]
Successful = Annotated[Count, Meta(description="number of `payment_succeeded`", examples=[12])]
Failed = Annotated[Count, Meta(description="number of `payment_failed`", examples=[1])]
Refunded = Annotated[Count, Meta(description="number of `payment_refunded`", examples=[1])]
Transactions = Annotated[Count, Meta(description="`successful + failed`", examples=[13])]
Revenue = Annotated[Amount, Meta(description="sum of `amount` of `payment_succeeded`", examples=[12000])]
Refunds = Annotated[Amount, Meta(description="sum of `amount` of `payment_refunded`", examples=[1000])]
Fees = Annotated[
    Amount, Meta(description="sum of `fee` of `payment_succeeded` and `payment_refunded`", examples=[360])
]
NetRevenue = Annotated[Amount, Meta(description="`revenue - refunds - fees`", examples=[10640])]
AvgTransaction = Annotated[
    Amount,
    Meta(
        description="`revenue / successful`, rounded half-up to 2 decimals; 0 when there is none",
        examples=[1000.00],
    ),
]
SuccessRate = Annotated[
    Decimal | None,
    Meta(description="`successful / transactions`, 4 decimals; null when there is none", examples=[0.9231]),
]
Customers = Annotated[
    Count,
    Meta(description="distinct `customer_id` with a `payment_succeeded` in the period; exact", examples=[9]),
]
NewCustomers = Annotated[
    Count,
    Meta(
        description="customers whose first ever `payment_succeeded` in that currency falls in the period",
        examples=[2],
    ),
]
Share = Annotated[
    Decimal | None,
    Meta(
        description="a payment method's part of the successful amount, 4 decimals; null when the amount is 0",
        examples=[0.75],
    ),
]
Growth = Annotated[
    str | None,
    Meta(
        description="Today's completed local hours against the same clock hours of yesterday, in percent "
        "with 2 decimals; null when yesterday's are zero or no hour is completed",
        examples=["5.20"],
        extra_json_schema={"pattern": r"^-?\d+\.\d\d$"},
    ),
]
TwoDecimals = Annotated[str, Meta(pattern=r"^\d+\.\d\d$")]
EventId = Annotated[
    UUID,
    Meta(
        description="Derived from the event's identity: the same however often it is sent",
        examples=["5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10"],
    ),
]


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every answer has in common: here it has these fields and no others."""


# --- errors --------------------------------------------------------------------------------------


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: Annotated[
        str,
        Meta(
            pattern="^/problems/[a-z-]+$",
            description="Which problem it is: the address of a description; programs may decide by it",
        ),
    ]
    title: Annotated[str, Meta(description="The same for every problem of the type")]
    status: Annotated[int, Meta(description="The answer's status")]
    detail: Annotated[str, Meta(description="What it was this time, for people")]
    instance: Annotated[str, Meta(description="The path that was asked for")]
    request_id: Annotated[str, Meta(description="As in the header X-Request-Id; quote it in a report")]
    errors: Annotated[
        Sequence[FieldError] | msgspec.Raw, Meta(description="Which values are meant, where it is known")
    ] = ()


class ProblemDescription(Answer):
    """A type of problem, and what to do about it."""

    type: Annotated[str, Meta(description="The type's own address", examples=["/problems/not-found"])]
    title: Annotated[str, Meta(description="What happened", examples=["There is nothing here"])]
    status: Annotated[int, Meta(description="The status of such an answer", examples=[404])]
    remedy: Annotated[
        str,
        Meta(description="What to do", examples=["Check the path and the id. Ids of others are not found."]),
    ]


# --- events --------------------------------------------------------------------------------------


class EventAnswer(Answer):
    """One event was taken, now or before."""

    ok: Annotated[bool, Meta(description="Always true", examples=[True])]
    event_id: EventId
    queued: Annotated[
        bool, Meta(description="Stored now: on disk, and on its way into the figures", examples=[True])
    ]
    duplicate: Annotated[bool, Meta(description="Stored before: nothing has changed", examples=[False])]
    message: Annotated[str, Meta(description="For people", examples=["Event queued for processing"])]


class BatchResult(Answer):
    """What became of an item that was not ingested."""

    index: Annotated[int, Meta(ge=0, description="Of the item in the batch, from 0", examples=[1])]
    outcome: Annotated[
        Literal["duplicate", "conflict", "rejected"],
        Meta(
            description="duplicate: stored before; conflict: another event was stored under this identity; "
            "rejected: not valid",
            examples=["duplicate"],
        ),
    ]
    event_id: EventId | UnsetType = UNSET
    errors: Annotated[
        list[FieldError] | UnsetType, Meta(description="What is wrong, or what differs: /index/field")
    ] = UNSET


class BatchAnswer(Answer):
    """What became of a batch."""

    ok: Annotated[bool, Meta(description="Always true", examples=[True])]
    total: Annotated[Count, Meta(description="Events in the batch", examples=[2])]
    ingested: Annotated[Count, Meta(description="Stored now", examples=[1])]
    duplicates: Annotated[Count, Meta(description="Stored before", examples=[1])]
    conflicts: Annotated[Count, Meta(description="Not stored: another event has this identity", examples=[0])]
    rejected: Annotated[Count, Meta(description="Not valid, with Prefer: handling=lenient", examples=[0])]
    results: Annotated[
        list[BatchResult], Meta(description="The items that were not ingested, in their order")
    ]


# --- dashboard -----------------------------------------------------------------------------------


class Figures(Answer):
    """What every answer of figures says about itself."""

    currency: Currency
    timezone: Timezone
    as_of: AsOf


class UntilNow(Answer):
    """The measures of today and of the month."""

    transactions: Transactions
    successful_transactions: Successful
    failed_transactions: Failed
    revenue: Revenue
    refunds: Refunds
    fees: Fees
    net_revenue: NetRevenue
    avg_transaction: AvgTransaction
    success_rate: SuccessRate
    customers: Customers
    new_customers: NewCustomers


class Today(UntilNow):
    """The local day until now."""

    date: Annotated[LocalDate, Meta(description="The local day")]
    transaction_growth: Growth
    revenue_growth: Growth


class Month(UntilNow):
    """The local month to date."""

    start_date: Annotated[LocalDate, Meta(description="The first of the month", examples=["2026-11-01"])]


class Overview(Figures):
    """Today and the month to date."""

    today: Today
    month: Month


class Measures(Answer):
    """All measures of a period."""

    transactions: Transactions
    successful: Successful
    failed: Failed
    created: Created
    refunded: Refunded
    revenue: Revenue
    refunds: Refunds
    fees: Fees
    net_revenue: NetRevenue
    avg_transaction: AvgTransaction
    success_rate: SuccessRate
    customers: Customers
    new_customers: NewCustomers


class Bucket(Measures):
    """The measures of a local day, or of a local hour."""

    date: Annotated[LocalDate | UnsetType, Meta(description="The day, when the figures are daily")] = UNSET
    hour: Annotated[
        datetime | UnsetType,
        Meta(description="The start of the hour with the merchant's offset, when they are hourly"),
    ] = UNSET


class Totals(Measures):
    """The measures of the whole range: customers are distinct over it."""

    period: Annotated[
        str,
        Meta(
            pattern=r"^\d{4}-\d\d-\d\d/\d{4}-\d\d-\d\d$",
            description="The first and the last local day",
            examples=["2026-11-16/2026-11-22"],
        ),
    ]


class Analytics(Figures):
    """A range of local days, or of their hours."""

    granularity: Annotated[
        Literal["daily", "hourly"], Meta(description="Steps of the range", examples=["daily"])
    ]
    data: Annotated[
        list[Bucket], Meta(description="Every day or hour of the range, in order, zeros included")
    ]
    totals: Totals


class PaymentMethod(Answer):
    """A payment method in the period."""

    method: Annotated[str, Meta(description="Its name in the events", examples=["mobile_money"])]
    count: Successful
    amount: Revenue
    share: Share
    success_rate: SuccessRate


class PeriodFigures(Figures):
    """Figures of a number of local days."""

    period_days: Annotated[Count, Meta(description="How many local days", examples=[30])]
    start_date: Annotated[LocalDate, Meta(description="The first of them", examples=["2026-10-24"])]
    end_date: Annotated[LocalDate, Meta(description="The last of them", examples=["2026-11-22"])]


class PaymentMethods(PeriodFigures):
    """Payment methods with a successful or failed payment in the period."""

    payment_methods: Annotated[
        list[PaymentMethod], Meta(description="The largest amount first, then by name")
    ]


class Product(Answer):
    """A product in the period."""

    product_id: Annotated[str, Meta(description="Its id in the events", examples=["prod-123"])]
    product_name: Annotated[
        str | None,
        Meta(description="The one on its latest successful payment in the currency", examples=["Premium"]),
    ]
    transactions: Successful
    amount: Revenue


class TopProducts(PeriodFigures):
    """What sold most in the period."""

    products: Annotated[list[Product], Meta(description="The largest amount first, then by id")]


class Failure(Answer):
    """A reason for which payments failed in the period."""

    failure_code: Annotated[
        str | None,
        Meta(description="As the events have it; null: they said none", examples=["insufficient_funds"]),
    ]
    count: Annotated[Failed, Meta(examples=[5])]
    share: Annotated[Decimal, Meta(description="Its part of all that failed, 4 decimals", examples=[0.2381])]


class Failures(PeriodFigures):
    """Why payments failed in the period."""

    failed: Annotated[Failed, Meta(examples=[21])]
    failures: Annotated[
        list[Failure], Meta(description="The most frequent first, then by code; null goes last of equals")
    ]


class CustomersSummary(Answer):
    """All customers of all time."""

    total_customers: Annotated[
        Count, Meta(description="distinct `customer_id` with a `payment_succeeded`", examples=[260])
    ]
    avg_transactions: Annotated[
        TwoDecimals, Meta(description="Successful payments of a customer, on average", examples=["4.25"])
    ]
    avg_spend: Annotated[
        TwoDecimals, Meta(description="`total_spent` of a customer, on average", examples=["4250.00"])
    ]


class Customer(Answer):
    """A customer."""

    customer_id: Annotated[str, Meta(description="Its id in the events", examples=["cust-456"])]
    transactions: Successful
    total_spent: Revenue
    first_transaction: Annotated[Instant, Meta(description="The first successful payment")]
    last_transaction: Annotated[Instant, Meta(description="The last successful payment")]


class CustomersAnswer(Figures):
    """Customers of all time."""

    summary: CustomersSummary
    top_customers: Annotated[list[Customer], Meta(description="The largest total_spent first, then by id")]


# --- transactions ----------------------------------------------------------------------------------


class TransactionEntry(Answer):
    """A transaction in one currency, as its events say in whatever order they came."""

    transaction_id: Annotated[str, Meta(description="Its id in the events", examples=["txn-789"])]
    status: Annotated[
        Literal["created", "failed", "succeeded", "partially_refunded", "refunded"],
        Meta(
            description="refunded or partially_refunded before succeeded, before failed, before created",
            examples=["succeeded"],
        ),
    ]
    currency: Currency
    amount: Annotated[
        Amount, Meta(description="Of the latest success, else failure, else event", examples=[1000])
    ]
    revenue: Annotated[Revenue, Meta(examples=[1000])]
    refunds: Annotated[Refunds, Meta(examples=[0])]
    fees: Annotated[Fees, Meta(examples=[30])]
    net_revenue: Annotated[NetRevenue, Meta(examples=[970])]
    payment_method: Annotated[str, Meta(description="Of the same event", examples=["mobile_money"])]
    customer_id: Annotated[str | None, Meta(description="Of the same event", examples=["cust-456"])]
    product_id: Annotated[str | None, Meta(description="Of the same event", examples=["prod-123"])]
    product_name: Annotated[
        str | None,
        Meta(description="The one on the product's latest successful payment", examples=["Premium"]),
    ]
    failure_code: Annotated[str | None, Meta(description="Of the same event, if it failed", examples=[None])]
    started_at: Annotated[Instant, Meta(description="When the first of its events happened")]


class TransactionEvent(Answer):
    """An event of a transaction."""

    event_id: EventId
    event_type: Annotated[
        Literal["payment_created", "payment_succeeded", "payment_failed", "payment_refunded"],
        Meta(description="What happened", examples=["payment_succeeded"]),
    ]
    amount: Annotated[Amount, Meta(description="As it was sent", examples=[1000])]
    fee: Annotated[Amount, Meta(description="As it was sent, or 0", examples=[30])]
    currency: Annotated[Currency, Meta(description="Of amount and fee")]
    payment_method: Annotated[str, Meta(description="As it was sent, or unknown", examples=["mobile_money"])]
    customer_id: Annotated[str | None, Meta(description="As it was sent", examples=["cust-456"])]
    product_id: Annotated[str | None, Meta(description="As it was sent", examples=["prod-123"])]
    product_name: Annotated[str | None, Meta(description="As it was sent", examples=["Premium"])]
    failure_code: Annotated[str | None, Meta(description="As it was sent", examples=[None])]
    idempotency_key: Annotated[str | None, Meta(description="As it was sent", examples=[None])]
    occurred_at: Annotated[Instant, Meta(description="When it happened")]
    received_at: Annotated[Instant, Meta(description="When it came in")]


class TransactionAnswer(TransactionEntry):
    """A transaction with its events, of all acknowledged by now."""

    other_currencies: Annotated[
        list[TransactionEntry],
        Meta(description="The same in other currencies, when it has events in several", examples=[[]]),
    ]
    events: Annotated[
        list[TransactionEvent], Meta(description="In their order; of more than 1000 the latest")
    ]


Cursor = Annotated[str | None, Meta(examples=[None])]


class TransactionPage(Answer):
    """A page of transactions."""

    as_of: AsOf
    timezone: Timezone
    has_more: Annotated[
        bool, Meta(description="Whether more follow in the direction asked for", examples=[False])
    ]
    next_cursor: Annotated[Cursor, Meta(description="As starting_after it gives older ones")]
    previous_cursor: Annotated[Cursor, Meta(description="As ending_before it gives newer ones")]
    data: Annotated[list[TransactionEntry], Meta(description="The newest first")]


# --- account -------------------------------------------------------------------------------------

Role = Annotated[
    Literal["owner", "viewer"] | None,
    Meta(description="A person's: owners manage, viewers read; null for servers", examples=["owner"]),
]
Scopes = Annotated[
    list[Literal["events:write", "dashboard:read"]],
    Meta(description="What the credential allows", examples=[["dashboard:read"]]),
]


class SignIn(Answer):
    """How people get a token."""

    mode: Annotated[
        Literal["oidc", "development", "none"],
        Meta(
            description="By OpenID Connect, by the address that the embedded server prints, or not at all",
            examples=["oidc"],
        ),
    ]
    issuer: Annotated[
        str | None, Meta(description="Whose tokens are believed", examples=["https://id.example.com/"])
    ] = None
    client_id: Annotated[
        str | None, Meta(description="What the dashboard is called there", examples=["molam-dashboard"])
    ] = None
    scope: Annotated[str | None, Meta(description="What to ask for", examples=["openid"])] = None
    audience: Annotated[
        str | None, Meta(description="To send as `audience`, where the issuer needs it", examples=[None])
    ] = None
    resource: Annotated[
        str | None, Meta(description="To send as `resource` (RFC 8707), where it needs that", examples=[None])
    ] = None


class Me(Answer):
    """The caller and its merchant."""

    merchant_id: Annotated[
        UUID, Meta(description="The merchant", examples=["c0ffee00-0000-4000-8000-000000000001"])
    ]
    name: Annotated[str, Meta(description="The merchant's name", examples=["Teranga Market"])]
    status: Annotated[Literal["active", "suspended"], Meta(description="The merchant's", examples=["active"])]
    timezone: Timezone
    default_currency: Annotated[Currency, Meta(description="Of figures for which no other is asked")]
    currencies: Annotated[
        list[Currency],
        Meta(description="The default one, then the others that there are figures in", examples=[["XOF"]]),
    ]
    credential: Annotated[
        Literal["token", "api_key"], Meta(description="What the request was sent with", examples=["token"])
    ]
    subject: Annotated[str, Meta(description="The token's `sub`, or the key's id", examples=["developer"])]
    role: Role
    scopes: Scopes


Actor = Annotated[
    str, Meta(description="A token's `sub`, or who did it in the database", examples=["developer"])
]
MaybeInstant = Annotated[Instant | None, Meta(examples=[None])]


class KeyAnswer(Answer):
    """An API key, without its secret."""

    key_id: Annotated[str, Meta(description="Its id", examples=["Jb2jWAZ0vTUm"])]
    prefix: Annotated[
        str,
        Meta(
            description="How the key begins, for people to recognise it",
            examples=["mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm"],
        ),
    ]
    name: Annotated[str, Meta(description="As it was given", examples=["till 3"])]
    scopes: Scopes
    state: Annotated[
        Literal["active", "revoked", "expired"],
        Meta(description="Whether it works, or how it ended", examples=["active"]),
    ]
    created_at: Annotated[Instant, Meta(description="When it was made")]
    created_by: Actor
    last_used_at: Annotated[MaybeInstant, Meta(description="To the minute; null: not yet")]
    expires_at: Annotated[MaybeInstant, Meta(description="When it ends by itself; null: never")]
    revoked_at: Annotated[MaybeInstant, Meta(description="When it was revoked; null: it was not")]
    replaced_by: Annotated[
        str | None, Meta(description="The key that a rotation put in its place", examples=[None])
    ]


class NewKey(KeyAnswer):
    """A key that was just made."""

    api_key: Annotated[
        str,
        Meta(
            description="The key itself: shown now, never again",
            examples=["mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm_..."],
        ),
    ]


class KeyPage(Answer):
    """A page of keys."""

    data: Annotated[list[KeyAnswer], Meta(description="The newest first, ended ones too")]
    has_more: Annotated[
        bool, Meta(description="Whether older ones follow: ask with starting_after", examples=[False])
    ]


class EndpointAnswer(Answer):
    """A webhook endpoint, without its secrets."""

    endpoint_id: Annotated[
        str, Meta(description="Its id", examples=["we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy"])
    ]
    description: Annotated[str, Meta(description="As it was given", examples=["till system"])]
    state: Annotated[
        Literal["active", "disabled"], Meta(description="Whether it takes webhooks", examples=["active"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was made")]
    created_by: Actor
    last_received_at: Annotated[
        MaybeInstant, Meta(description="When a signed webhook came, to the minute; null: none yet")
    ]
    previous_secret_expires_at: Annotated[
        MaybeInstant, Meta(description="Until when the secret before is good too; null: it is not")
    ]
    disabled_at: Annotated[MaybeInstant, Meta(description="When it was disabled; null: it was not")]


class NewEndpoint(EndpointAnswer):
    """An endpoint with the secret that was just made."""

    secret: Annotated[
        str, Meta(description="What webhooks are signed with: shown now, never again", examples=["whsec_..."])
    ]


class EndpointPage(Answer):
    """A page of webhook endpoints."""

    data: Annotated[list[EndpointAnswer], Meta(description="The newest first, disabled ones too")]
    has_more: Annotated[
        bool, Meta(description="Whether older ones follow: ask with starting_after", examples=[False])
    ]


class AuditEntry(Answer):
    """Something that was done."""

    action: Annotated[
        Literal["created", "changed", "rotated", "revoked", "disabled", "deleted"],
        Meta(description="What was done", examples=["created"]),
    ]
    acted_at: Annotated[Instant, Meta(description="When")]
    actor: Actor
    actor_kind: Annotated[
        Literal["token", "database_user"], Meta(description="What the actor is", examples=["token"])
    ]
    changes: Annotated[
        dict[str, Any] | None,
        Meta(description="Field by field {from, to}; secrets by the start of their digest", examples=[None]),
    ]


class Audit(Answer):
    """The audit trail of a key or an endpoint."""

    data: Annotated[list[AuditEntry], Meta(description="The latest first")]


# --- health --------------------------------------------------------------------------------------


class Alive(Answer):
    """The process is alive."""

    ok: Annotated[bool, Meta(description="Always true", examples=[True])]


class ReadinessReport(Answer):
    """Whether requests can be served well."""

    ready: Annotated[bool, Meta(description="Whether all checks are ok", examples=[True])]
    checks: Annotated[
        dict[str, str],
        Meta(
            description='What was checked: "ok", or what is wrong',
            examples=[{"database": "ok", "schema": "ok", "runner": "ok"}],
        ),
    ]
    pending_events: Annotated[
        int | None, Meta(description="Events not in the figures yet; null: not known", examples=[0])
    ] = None
    lag_seconds: Annotated[
        float | None, Meta(description="How long the oldest of them has waited", examples=[0.0])
    ] = None
