// Written by `make types` from the service's own description.
export type Numeric = string;
export interface paths {
    "/api/events/transaction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send one event
         * @description Stores one event, exactly once.
         *
         *     202 when it is new, 200 with the first `event_id` when it was sent before, 409 when it was sent before
         *     with other values. The header `Idempotency-Key` stands for the field `idempotency_key`.
         */
        post: operations["ingest_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/transaction/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send up to 1000 events
         * @description Stores an array of 1 to 1000 events, each exactly once.
         *
         *     Strict unless asked otherwise: one invalid event, and nothing is stored. With the header
         *     `Prefer: handling=lenient` the valid ones are stored and the others reported in `results`.
         *     As `application/x-ndjson` the events stand one a line.
         */
        post: operations["ingest_events"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send one event as a signed webhook
         * @description Stores the event of a webhook, exactly once; `webhook-id` is its idempotency key.
         *
         *     The answers are those of `POST /api/events/transaction`: 202 new, 200 sent before, 409 sent before with
         *     other values, 422. 401 for anything wrong with the endpoint, the signature or the clock, whichever it is.
         */
        post: operations["receive_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Today and the month to date
         * @description Figures of the local day and month, in one currency; growth is against the same hours of yesterday.
         */
        get: operations["overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures per day or hour
         * @description Every local day (at most 731) or hour (at most 31 days) of the range, zeros included, and totals.
         */
        get: operations["analytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/payment-methods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures per payment method
         * @description Payment methods of the last `days` local days or of a range, the largest amount first.
         */
        get: operations["payment_methods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/top-products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Products that sold most
         * @description Products of the last `days` local days or of a range, the largest amount first.
         */
        get: operations["top_products"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why payments failed
         * @description Failed payments of the last `days` local days or of a range by their code, the most frequent first.
         */
        get: operations["failures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dashboard/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Customers who spent most
         * @description Customers of all time: averages over all, and those who spent most.
         */
        get: operations["customers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Told when figures change
         * @description Server-sent events: a message `{"as_of": ...}` when the merchant's figures have changed.
         *
         *     Ask the dashboard's endpoints then. At most one message comes a second, and a comment every 15 seconds.
         *     With `Last-Event-ID`, the id of the last message, a change since then is told at once. The stream ends
         *     with the credential, or after about an hour: come back with the last id.
         */
        get: operations["stream_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How people sign in
         * @description What the dashboard asks before anybody has signed in; needs no credentials.
         *
         *     With `oidc` the browser gets its token from `issuer` (OpenID Connect, authorization code with PKCE).
         *     With `development` the address that `molam up` prints carries one.
         */
        get: operations["sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller
         * @description The merchant with its time zone and currencies, and what the credential allows.
         *
         *     `currencies` are its own first, then the others that it has figures in; `credential` is `token` or
         *     `api_key`, `subject` the token's `sub` or the key's id, `role` a person's.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API keys
         * @description A page of the merchant's keys, the newest first, those that have ended too. No secrets.
         */
        get: operations["list_keys"];
        put?: never;
        /**
         * Create an API key
         * @description Makes a key. `api_key` is the key itself: shown now, never again.
         *
         *     Sent again, the request makes another key, for what was lost on its way cannot be shown a second time.
         */
        post: operations["create_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One API key
         * @description The key, without its secret.
         */
        get: operations["get_key"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Ends the key, in every process of the service within 5 seconds. It stays in the list.
         */
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{key_id}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what to an API key
         * @description What was done to the key and by whom, the latest first.
         */
        get: operations["audit_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace an API key
         * @description Makes a key of the same name and scopes; the old one lives on for `overlap_seconds` (a day).
         *
         *     409 when the key was rotated before, was revoked or has expired.
         */
        post: operations["rotate_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhook endpoints
         * @description A page of the merchant's endpoints, the newest first, disabled ones too. No secrets.
         */
        get: operations["list_endpoints"];
        put?: never;
        /**
         * Create a webhook endpoint
         * @description Makes an endpoint for `POST /api/webhooks/{endpoint_id}`. `secret` is shown now, never again.
         */
        post: operations["create_endpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook endpoint
         * @description The endpoint, without its secrets.
         */
        get: operations["get_endpoint"];
        put?: never;
        post?: never;
        /**
         * Disable a webhook endpoint
         * @description Ends the endpoint for good, in every process of the service within 5 seconds. It stays in the list.
         */
        delete: operations["disable_endpoint"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what to a webhook endpoint
         * @description What was done to the endpoint and by whom, the latest first.
         */
        get: operations["audit_endpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhook-endpoints/{endpoint_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of a webhook endpoint
         * @description Makes another secret; the one so far stays good for `overlap_seconds` (a day), 0 ends all earlier ones.
         *
         *     409 when an earlier secret is still good and would be ended, or the endpoint is disabled.
         */
        post: operations["rotate_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List transactions
         * @description A page of the merchant's transactions, the newest first; each is in one currency.
         *
         *     Filters: `status` (created, failed, succeeded, partially_refunded, refunded), `from` and `to` (local
         *     dates, both included, or RFC 3339 times), `customer_id`, `product_id`, `payment_method`, `currency`,
         *     `search` (how a transaction's or a customer's id starts). `limit` is 1 to 100 (50). While `has_more` is
         *     true, `next_cursor` as `starting_after` gives the next page, which may then hold fewer than `limit`;
         *     `previous_cursor` as `ending_before` gives newer ones. Both also take the id of a transaction.
         */
        get: operations["list_transactions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/{transaction_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One transaction
         * @description The transaction as in the list, and its events in their order, of all acknowledged by now.
         *
         *     Where it has events in several currencies, the entries in the others are in `other_currencies`.
         *     Of more than 1000 events the latest are shown. The id is percent-encoded, slashes too.
         */
        get: operations["get_transaction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/analytics.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures per day or hour, as CSV
         * @description The buckets of `/api/dashboard/analytics` for the same parameters, a line each, without the totals.
         */
        get: operations["analytics_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/payment-methods.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures per payment method, as CSV
         * @description What `/api/dashboard/payment-methods` says for the same parameters, a line per method.
         */
        get: operations["payment_methods_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/top-products.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Products that sold most, as CSV
         * @description What `/api/dashboard/top-products` says, a line per product; `limit` may be up to 100000 here.
         */
        get: operations["top_products_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/failures.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why payments failed, as CSV
         * @description What `/api/dashboard/failures` says, a line per code; `limit` may be up to 100000 here.
         */
        get: operations["failures_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/customers.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Customers who spent most, as CSV
         * @description The `top_customers` of `/api/dashboard/customers`, a line each; `limit` may be up to 1000000 here.
         */
        get: operations["customers_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/reports/transactions.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Transactions, as CSV
         * @description All pages of `/api/transactions` for the same filters, a line per transaction, the newest first.
         */
        get: operations["transactions_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alive
         * @description Answers as long as the process does; asks no database.
         */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description 200 when the database answers, is not behind this release, and is being aggregated; else 503.
         *
         *     With `exclude=runner` it is ready also while nothing aggregates: events can be taken all the same, so that
         *     is what decides whether requests are sent here.
         */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description What all processes of this service have counted, and what the database says; nothing of any merchant's.
         *
         *     With MOLAM_METRICS_TOKEN set, that bearer token is asked for.
         */
        get: operations["get_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a problem means
         * @description A type of problem, at the address that is the `type` of such answers, and what to do about it.
         */
        get: operations["describe_problem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description One event as a client sends it. */
        Event: {
            /**
             * @description The payment's id in your system, the same in all its events: a string of 1 to 128 characters.
             * @example txn-789
             */
            transaction_id: string;
            /**
             * @description In units of the currency, with no more decimals than it has: a number, or a decimal string, from 0 with at most 15 integer digits.
             * @example 1000
             */
            amount: number | string;
            /**
             * @description Of amount and fee: an active ISO 4217 code in upper case.
             * @example XOF
             */
            currency: string;
            /**
             * @description What the payment cost; 0 unless given: a number, or a decimal string, from 0 with at most 15 integer digits.
             * @example 30
             */
            fee?: number | string | null;
            /**
             * @description A name of your choice; unknown unless given: a string of 1 to 64 characters.
             * @example mobile_money
             */
            payment_method?: string | null;
            /**
             * @description What was sold: a string of 1 to 128 characters.
             * @example prod-123
             */
            product_id?: string | null;
            /**
             * @description How the product is shown: a string of 1 to 256 characters.
             * @example Premium
             */
            product_name?: string | null;
            /**
             * @description Who paid: a string of 1 to 128 characters.
             * @example cust-456
             */
            customer_id?: string | null;
            /**
             * @description Why it failed; kept for payment_failed: a string of 1 to 64 characters.
             * @example null
             */
            failure_code?: string | null;
            /**
             * @description When it happened, from 1970 up to 5 minutes from now; the time of receipt unless given: an RFC 3339 time with offset, like 2026-01-31T09:30:00Z.
             * @example 2026-11-22T09:30:00Z
             */
            occurred_at?: string | null;
            /**
             * @description Tells events of one type and transaction apart, such as a second partial refund: a string of 1 to 255 characters.
             * @example null
             */
            idempotency_key?: string | null;
            /**
             * @description What happened: payment_created, payment_succeeded, payment_failed or payment_refunded.
             * @example payment_succeeded
             * @enum {unknown}
             */
            event_type: "payment_created" | "payment_failed" | "payment_refunded" | "payment_succeeded";
        };
        /** @description An event but for its type. Null counts as missing, for the fields that may be missing. */
        EventData: {
            /**
             * @description The payment's id in your system, the same in all its events: a string of 1 to 128 characters.
             * @example txn-789
             */
            transaction_id: string;
            /**
             * @description In units of the currency, with no more decimals than it has: a number, or a decimal string, from 0 with at most 15 integer digits.
             * @example 1000
             */
            amount: Numeric | string;
            /**
             * @description Of amount and fee: an active ISO 4217 code in upper case.
             * @example XOF
             */
            currency: string;
            /**
             * @description What the payment cost; 0 unless given: a number, or a decimal string, from 0 with at most 15 integer digits.
             * @example 30
             */
            fee?: Numeric | string | null;
            /**
             * @description A name of your choice; unknown unless given: a string of 1 to 64 characters.
             * @example mobile_money
             */
            payment_method?: string | null;
            /**
             * @description What was sold: a string of 1 to 128 characters.
             * @example prod-123
             */
            product_id?: string | null;
            /**
             * @description How the product is shown: a string of 1 to 256 characters.
             * @example Premium
             */
            product_name?: string | null;
            /**
             * @description Who paid: a string of 1 to 128 characters.
             * @example cust-456
             */
            customer_id?: string | null;
            /**
             * @description Why it failed; kept for payment_failed: a string of 1 to 64 characters.
             * @example null
             */
            failure_code?: string | null;
            /**
             * @description When it happened, from 1970 up to 5 minutes from now; the time of receipt unless given: an RFC 3339 time with offset, like 2026-01-31T09:30:00Z.
             * @example 2026-11-22T09:30:00Z
             */
            occurred_at?: string | null;
            /**
             * @description Tells events of one type and transaction apart, such as a second partial refund: a string of 1 to 255 characters.
             * @example null
             */
            idempotency_key?: string | null;
        };
        /** @description What a signed message holds (Standard Webhooks): an event, its type outside. */
        Webhook: {
            /**
             * @description What happened: payment.created, payment.succeeded, payment.failed or payment.refunded.
             * @example payment.succeeded
             * @enum {unknown}
             */
            type: "payment.created" | "payment.failed" | "payment.refunded" | "payment.succeeded";
            /**
             * Format: date-time
             * @description The event's occurred_at, when data has none: an RFC 3339 time with offset, like 2026-01-31T09:30:00Z.
             * @example 2026-11-22T09:30:00Z
             */
            timestamp: string;
            /** @description an event without event_type */
            data: components["schemas"]["EventData"];
        };
        /** @description A new API key: without an end unless asked, and able to send events alone. */
        KeyRequest: {
            /**
             * @description For people to tell it by: a string of at most 200 characters.
             * @default
             * @example till 3
             */
            name?: string;
            /**
             * @description What the key may do; events:write alone unless given: an array of events:write, dashboard:read or both.
             * @example [
             *       "events:write",
             *       "dashboard:read"
             *     ]
             */
            scopes?: ("dashboard:read" | "events:write")[];
            /**
             * @description Within 10 years; it has no end unless given: an RFC 3339 time with offset, like 2026-01-31T09:30:00Z.
             * @example null
             */
            expires_at?: string | null;
        };
        /** @description How long the old key lives on, and when the new one ends: as late as the old one was made for. */
        KeyRotation: {
            /**
             * @description How long the old key still works: a whole number of seconds from 0 to 2592000 (30 days).
             * @default 86400
             * @example 3600
             */
            overlap_seconds?: number;
            /**
             * @description Within 10 years; as long as the old one was made for, unless given: an RFC 3339 time with offset, like 2026-01-31T09:30:00Z.
             * @example null
             */
            expires_at?: string | null;
        };
        /** @description A new webhook endpoint. */
        EndpointRequest: {
            /**
             * @description For people to tell it by: a string of at most 200 characters.
             * @default
             * @example till system
             */
            description?: string;
        };
        /** @description How long the old secret of a webhook endpoint stays good. */
        SecretRotation: {
            /**
             * @description How long the old secret is still good: a whole number of seconds from 0 to 2592000 (30 days).
             * @default 86400
             * @example 3600
             */
            overlap_seconds?: number;
        };
        /** @description What every answer has in common: here it has these fields and no others. */
        Answer: Record<string, never>;
        /** @description What went wrong (RFC 9457). */
        ProblemDetails: {
            /** @description Which problem it is: the address of a description; programs may decide by it */
            type: string;
            /** @description The same for every problem of the type */
            title: string;
            /** @description The answer's status */
            status: Numeric;
            /** @description What it was this time, for people */
            detail: string;
            /** @description The path that was asked for */
            instance: string;
            /** @description As in the header X-Request-Id; quote it in a report */
            request_id: string;
            /**
             * @description Which values are meant, where it is known
             * @default []
             */
            errors?: components["schemas"]["FieldError"][] | unknown;
        };
        /** @description What is wrong with one value: a JSON pointer (RFC 6901) into the body or the query, and why. */
        FieldError: {
            /**
             * @description Into the body, or /parameter
             * @example /amount
             */
            pointer: string;
            /**
             * @description What it must be
             * @example is required
             */
            detail: string;
        };
        /** @description A type of problem, and what to do about it. */
        ProblemDescription: {
            /**
             * @description The type's own address
             * @example /problems/not-found
             */
            type: string;
            /**
             * @description What happened
             * @example There is nothing here
             */
            title: string;
            /**
             * @description The status of such an answer
             * @example 404
             */
            status: Numeric;
            /**
             * @description What to do
             * @example Check the path and the id. Ids of others are not found.
             */
            remedy: string;
        };
        /** @description One event was taken, now or before. */
        EventAnswer: {
            /**
             * @description Always true
             * @example true
             */
            ok: boolean;
            /**
             * Format: uuid
             * @description Derived from the event's identity: the same however often it is sent
             * @example 5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10
             */
            event_id: string;
            /**
             * @description Stored now: on disk, and on its way into the figures
             * @example true
             */
            queued: boolean;
            /**
             * @description Stored before: nothing has changed
             * @example false
             */
            duplicate: boolean;
            /**
             * @description For people
             * @example Event queued for processing
             */
            message: string;
        };
        /** @description What became of an item that was not ingested. */
        BatchResult: {
            /**
             * @description Of the item in the batch, from 0
             * @example 1
             */
            index: Numeric;
            /**
             * @description duplicate: stored before; conflict: another event was stored under this identity; rejected: not valid
             * @example duplicate
             * @enum {unknown}
             */
            outcome: "conflict" | "duplicate" | "rejected";
            /**
             * Format: uuid
             * @description Derived from the event's identity: the same however often it is sent
             * @example 5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10
             */
            event_id?: string;
            /** @description What is wrong, or what differs: /index/field */
            errors?: components["schemas"]["FieldError"][];
        };
        /** @description What became of a batch. */
        BatchAnswer: {
            /**
             * @description Always true
             * @example true
             */
            ok: boolean;
            /**
             * @description Events in the batch
             * @example 2
             */
            total: Numeric;
            /**
             * @description Stored now
             * @example 1
             */
            ingested: Numeric;
            /**
             * @description Stored before
             * @example 1
             */
            duplicates: Numeric;
            /**
             * @description Not stored: another event has this identity
             * @example 0
             */
            conflicts: Numeric;
            /**
             * @description Not valid, with Prefer: handling=lenient
             * @example 0
             */
            rejected: Numeric;
            /** @description The items that were not ingested, in their order */
            results: components["schemas"]["BatchResult"][];
        };
        /** @description What every answer of figures says about itself. */
        Figures: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
        };
        /** @description The measures of today and of the month. */
        UntilNow: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful_transactions: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed_transactions: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
        };
        /** @description The local day until now. */
        Today: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful_transactions: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed_transactions: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
            /**
             * Format: date
             * @description The local day
             * @example 2026-11-22
             */
            date: string;
            /**
             * @description Today's completed local hours against the same clock hours of yesterday, in percent with 2 decimals; null when yesterday's are zero or no hour is completed
             * @example 5.20
             */
            transaction_growth: string | null;
            /**
             * @description Today's completed local hours against the same clock hours of yesterday, in percent with 2 decimals; null when yesterday's are zero or no hour is completed
             * @example 5.20
             */
            revenue_growth: string | null;
        };
        /** @description The local month to date. */
        Month: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful_transactions: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed_transactions: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
            /**
             * Format: date
             * @description The first of the month
             * @example 2026-11-01
             */
            start_date: string;
        };
        /** @description Today and the month to date. */
        Overview: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            today: components["schemas"]["Today"];
            month: components["schemas"]["Month"];
        };
        /** @description All measures of a period. */
        Measures: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed: Numeric;
            /**
             * @description number of `payment_created`
             * @example 13
             */
            created: Numeric;
            /**
             * @description number of `payment_refunded`
             * @example 1
             */
            refunded: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
        };
        /** @description The measures of a local day, or of a local hour. */
        Bucket: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed: Numeric;
            /**
             * @description number of `payment_created`
             * @example 13
             */
            created: Numeric;
            /**
             * @description number of `payment_refunded`
             * @example 1
             */
            refunded: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
            /**
             * Format: date
             * @description The day, when the figures are daily
             * @example 2026-11-22
             */
            date?: string;
            /** @description The start of the hour with the merchant's offset, when they are hourly */
            hour?: string;
        };
        /** @description The measures of the whole range: customers are distinct over it. */
        Totals: {
            /**
             * @description `successful + failed`
             * @example 13
             */
            transactions: Numeric;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            successful: Numeric;
            /**
             * @description number of `payment_failed`
             * @example 1
             */
            failed: Numeric;
            /**
             * @description number of `payment_created`
             * @example 13
             */
            created: Numeric;
            /**
             * @description number of `payment_refunded`
             * @example 1
             */
            refunded: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 1000
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 360
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 10640
             */
            net_revenue: Numeric;
            /**
             * Format: decimal
             * @description `revenue / successful`, rounded half-up to 2 decimals; 0 when there is none
             * @example 1000
             */
            avg_transaction: Numeric;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
            /**
             * @description distinct `customer_id` with a `payment_succeeded` in the period; exact
             * @example 9
             */
            customers: Numeric;
            /**
             * @description customers whose first ever `payment_succeeded` in that currency falls in the period
             * @example 2
             */
            new_customers: Numeric;
            /**
             * @description The first and the last local day
             * @example 2026-11-16/2026-11-22
             */
            period: string;
        };
        /** @description A range of local days, or of their hours. */
        Analytics: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description Steps of the range
             * @example daily
             * @enum {unknown}
             */
            granularity: "daily" | "hourly";
            /** @description Every day or hour of the range, in order, zeros included */
            data: components["schemas"]["Bucket"][];
            totals: components["schemas"]["Totals"];
        };
        /** @description A payment method in the period. */
        PaymentMethod: {
            /**
             * @description Its name in the events
             * @example mobile_money
             */
            method: string;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            count: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            amount: Numeric;
            /**
             * @description a payment method's part of the successful amount, 4 decimals; null when the amount is 0
             * @example 0.75
             */
            share: Numeric | null;
            /**
             * @description `successful / transactions`, 4 decimals; null when there is none
             * @example 0.9231
             */
            success_rate: Numeric | null;
        };
        /** @description Figures of a number of local days. */
        PeriodFigures: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description How many local days
             * @example 30
             */
            period_days: Numeric;
            /**
             * Format: date
             * @description The first of them
             * @example 2026-10-24
             */
            start_date: string;
            /**
             * Format: date
             * @description The last of them
             * @example 2026-11-22
             */
            end_date: string;
        };
        /** @description Payment methods with a successful or failed payment in the period. */
        PaymentMethods: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description How many local days
             * @example 30
             */
            period_days: Numeric;
            /**
             * Format: date
             * @description The first of them
             * @example 2026-10-24
             */
            start_date: string;
            /**
             * Format: date
             * @description The last of them
             * @example 2026-11-22
             */
            end_date: string;
            /** @description The largest amount first, then by name */
            payment_methods: components["schemas"]["PaymentMethod"][];
        };
        /** @description A product in the period. */
        Product: {
            /**
             * @description Its id in the events
             * @example prod-123
             */
            product_id: string;
            /**
             * @description The one on its latest successful payment in the currency
             * @example Premium
             */
            product_name: string | null;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            transactions: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            amount: Numeric;
        };
        /** @description What sold most in the period. */
        TopProducts: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description How many local days
             * @example 30
             */
            period_days: Numeric;
            /**
             * Format: date
             * @description The first of them
             * @example 2026-10-24
             */
            start_date: string;
            /**
             * Format: date
             * @description The last of them
             * @example 2026-11-22
             */
            end_date: string;
            /** @description The largest amount first, then by id */
            products: components["schemas"]["Product"][];
        };
        /** @description A reason for which payments failed in the period. */
        Failure: {
            /**
             * @description As the events have it; null: they said none
             * @example insufficient_funds
             */
            failure_code: string | null;
            /**
             * @description number of `payment_failed`
             * @example 5
             */
            count: Numeric;
            /**
             * Format: decimal
             * @description Its part of all that failed, 4 decimals
             * @example 0.2381
             */
            share: Numeric;
        };
        /** @description Why payments failed in the period. */
        Failures: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description How many local days
             * @example 30
             */
            period_days: Numeric;
            /**
             * Format: date
             * @description The first of them
             * @example 2026-10-24
             */
            start_date: string;
            /**
             * Format: date
             * @description The last of them
             * @example 2026-11-22
             */
            end_date: string;
            /**
             * @description number of `payment_failed`
             * @example 21
             */
            failed: Numeric;
            /** @description The most frequent first, then by code; null goes last of equals */
            failures: components["schemas"]["Failure"][];
        };
        /** @description All customers of all time. */
        CustomersSummary: {
            /**
             * @description distinct `customer_id` with a `payment_succeeded`
             * @example 260
             */
            total_customers: Numeric;
            /**
             * @description Successful payments of a customer, on average
             * @example 4.25
             */
            avg_transactions: string;
            /**
             * @description `total_spent` of a customer, on average
             * @example 4250.00
             */
            avg_spend: string;
        };
        /** @description A customer. */
        Customer: {
            /**
             * @description Its id in the events
             * @example cust-456
             */
            customer_id: string;
            /**
             * @description number of `payment_succeeded`
             * @example 12
             */
            transactions: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 12000
             */
            total_spent: Numeric;
            /**
             * Format: date-time
             * @description The first successful payment
             * @example 2026-11-22T09:30:00.25Z
             */
            first_transaction: string;
            /**
             * Format: date-time
             * @description The last successful payment
             * @example 2026-11-22T09:30:00.25Z
             */
            last_transaction: string;
        };
        /** @description Customers of all time. */
        CustomersAnswer: {
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            summary: components["schemas"]["CustomersSummary"];
            /** @description The largest total_spent first, then by id */
            top_customers: components["schemas"]["Customer"][];
        };
        /** @description A transaction in one currency, as its events say in whatever order they came. */
        TransactionEntry: {
            /**
             * @description Its id in the events
             * @example txn-789
             */
            transaction_id: string;
            /**
             * @description refunded or partially_refunded before succeeded, before failed, before created
             * @example succeeded
             * @enum {unknown}
             */
            status: "created" | "failed" | "partially_refunded" | "refunded" | "succeeded";
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * Format: decimal
             * @description Of the latest success, else failure, else event
             * @example 1000
             */
            amount: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 1000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 0
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 30
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 970
             */
            net_revenue: Numeric;
            /**
             * @description Of the same event
             * @example mobile_money
             */
            payment_method: string;
            /**
             * @description Of the same event
             * @example cust-456
             */
            customer_id: string | null;
            /**
             * @description Of the same event
             * @example prod-123
             */
            product_id: string | null;
            /**
             * @description The one on the product's latest successful payment
             * @example Premium
             */
            product_name: string | null;
            /**
             * @description Of the same event, if it failed
             * @example null
             */
            failure_code: string | null;
            /**
             * Format: date-time
             * @description When the first of its events happened
             * @example 2026-11-22T09:30:00.25Z
             */
            started_at: string;
        };
        /** @description An event of a transaction. */
        TransactionEvent: {
            /**
             * Format: uuid
             * @description Derived from the event's identity: the same however often it is sent
             * @example 5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10
             */
            event_id: string;
            /**
             * @description What happened
             * @example payment_succeeded
             * @enum {unknown}
             */
            event_type: "payment_created" | "payment_failed" | "payment_refunded" | "payment_succeeded";
            /**
             * Format: decimal
             * @description As it was sent
             * @example 1000
             */
            amount: Numeric;
            /**
             * Format: decimal
             * @description As it was sent, or 0
             * @example 30
             */
            fee: Numeric;
            /**
             * @description Of amount and fee
             * @example XOF
             */
            currency: string;
            /**
             * @description As it was sent, or unknown
             * @example mobile_money
             */
            payment_method: string;
            /**
             * @description As it was sent
             * @example cust-456
             */
            customer_id: string | null;
            /**
             * @description As it was sent
             * @example prod-123
             */
            product_id: string | null;
            /**
             * @description As it was sent
             * @example Premium
             */
            product_name: string | null;
            /**
             * @description As it was sent
             * @example null
             */
            failure_code: string | null;
            /**
             * @description As it was sent
             * @example null
             */
            idempotency_key: string | null;
            /**
             * Format: date-time
             * @description When it happened
             * @example 2026-11-22T09:30:00.25Z
             */
            occurred_at: string;
            /**
             * Format: date-time
             * @description When it came in
             * @example 2026-11-22T09:30:00.25Z
             */
            received_at: string;
        };
        /** @description A transaction with its events, of all acknowledged by now. */
        TransactionAnswer: {
            /**
             * @description Its id in the events
             * @example txn-789
             */
            transaction_id: string;
            /**
             * @description refunded or partially_refunded before succeeded, before failed, before created
             * @example succeeded
             * @enum {unknown}
             */
            status: "created" | "failed" | "partially_refunded" | "refunded" | "succeeded";
            /**
             * @description The ISO 4217 code of all amounts here
             * @example XOF
             */
            currency: string;
            /**
             * Format: decimal
             * @description Of the latest success, else failure, else event
             * @example 1000
             */
            amount: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_succeeded`
             * @example 1000
             */
            revenue: Numeric;
            /**
             * Format: decimal
             * @description sum of `amount` of `payment_refunded`
             * @example 0
             */
            refunds: Numeric;
            /**
             * Format: decimal
             * @description sum of `fee` of `payment_succeeded` and `payment_refunded`
             * @example 30
             */
            fees: Numeric;
            /**
             * Format: decimal
             * @description `revenue - refunds - fees`
             * @example 970
             */
            net_revenue: Numeric;
            /**
             * @description Of the same event
             * @example mobile_money
             */
            payment_method: string;
            /**
             * @description Of the same event
             * @example cust-456
             */
            customer_id: string | null;
            /**
             * @description Of the same event
             * @example prod-123
             */
            product_id: string | null;
            /**
             * @description The one on the product's latest successful payment
             * @example Premium
             */
            product_name: string | null;
            /**
             * @description Of the same event, if it failed
             * @example null
             */
            failure_code: string | null;
            /**
             * Format: date-time
             * @description When the first of its events happened
             * @example 2026-11-22T09:30:00.25Z
             */
            started_at: string;
            /**
             * @description The same in other currencies, when it has events in several
             * @example []
             */
            other_currencies: components["schemas"]["TransactionEntry"][];
            /** @description In their order; of more than 1000 the latest */
            events: components["schemas"]["TransactionEvent"][];
        };
        /** @description A page of transactions. */
        TransactionPage: {
            /**
             * Format: date-time
             * @description Every event acknowledged before this moment is in the figures
             * @example 2026-11-22T09:30:00.25Z
             */
            as_of: string;
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * @description Whether more follow in the direction asked for
             * @example false
             */
            has_more: boolean;
            /**
             * @description As starting_after it gives older ones
             * @example null
             */
            next_cursor: string | null;
            /**
             * @description As ending_before it gives newer ones
             * @example null
             */
            previous_cursor: string | null;
            /** @description The newest first */
            data: components["schemas"]["TransactionEntry"][];
        };
        /** @description How people get a token. */
        SignIn: {
            /**
             * @description By OpenID Connect, by the address that the embedded server prints, or not at all
             * @example oidc
             * @enum {unknown}
             */
            mode: "development" | "none" | "oidc";
            /**
             * @description Whose tokens are believed
             * @example https://id.example.com/
             */
            issuer?: string | null;
            /**
             * @description What the dashboard is called there
             * @example molam-dashboard
             */
            client_id?: string | null;
            /**
             * @description What to ask for
             * @example openid
             */
            scope?: string | null;
            /**
             * @description To send as `audience`, where the issuer needs it
             * @example null
             */
            audience?: string | null;
            /**
             * @description To send as `resource` (RFC 8707), where it needs that
             * @example null
             */
            resource?: string | null;
        };
        /** @description The caller and its merchant. */
        Me: {
            /**
             * Format: uuid
             * @description The merchant
             * @example c0ffee00-0000-4000-8000-000000000001
             */
            merchant_id: string;
            /**
             * @description The merchant's name
             * @example Teranga Market
             */
            name: string;
            /**
             * @description The merchant's
             * @example active
             * @enum {unknown}
             */
            status: "active" | "suspended";
            /**
             * @description The merchant's IANA time zone, of all dates here
             * @example Africa/Dakar
             */
            timezone: string;
            /**
             * @description Of figures for which no other is asked
             * @example XOF
             */
            default_currency: string;
            /**
             * @description The default one, then the others that there are figures in
             * @example [
             *       "XOF"
             *     ]
             */
            currencies: string[];
            /**
             * @description What the request was sent with
             * @example token
             * @enum {unknown}
             */
            credential: "api_key" | "token";
            /**
             * @description The token's `sub`, or the key's id
             * @example developer
             */
            subject: string;
            /**
             * @description A person's: owners manage, viewers read; null for servers
             * @example owner
             */
            role: ("owner" | "viewer") | null;
            /**
             * @description What the credential allows
             * @example [
             *       "dashboard:read"
             *     ]
             */
            scopes: ("dashboard:read" | "events:write")[];
        };
        /** @description An API key, without its secret. */
        KeyAnswer: {
            /**
             * @description Its id
             * @example Jb2jWAZ0vTUm
             */
            key_id: string;
            /**
             * @description How the key begins, for people to recognise it
             * @example mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm
             */
            prefix: string;
            /**
             * @description As it was given
             * @example till 3
             */
            name: string;
            /**
             * @description What the credential allows
             * @example [
             *       "dashboard:read"
             *     ]
             */
            scopes: ("dashboard:read" | "events:write")[];
            /**
             * @description Whether it works, or how it ended
             * @example active
             * @enum {unknown}
             */
            state: "active" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When it was made
             * @example 2026-11-22T09:30:00.25Z
             */
            created_at: string;
            /**
             * @description A token's `sub`, or who did it in the database
             * @example developer
             */
            created_by: string;
            /**
             * @description To the minute; null: not yet
             * @example null
             */
            last_used_at: string | null;
            /**
             * @description When it ends by itself; null: never
             * @example null
             */
            expires_at: string | null;
            /**
             * @description When it was revoked; null: it was not
             * @example null
             */
            revoked_at: string | null;
            /**
             * @description The key that a rotation put in its place
             * @example null
             */
            replaced_by: string | null;
        };
        /** @description A key that was just made. */
        NewKey: {
            /**
             * @description Its id
             * @example Jb2jWAZ0vTUm
             */
            key_id: string;
            /**
             * @description How the key begins, for people to recognise it
             * @example mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm
             */
            prefix: string;
            /**
             * @description As it was given
             * @example till 3
             */
            name: string;
            /**
             * @description What the credential allows
             * @example [
             *       "dashboard:read"
             *     ]
             */
            scopes: ("dashboard:read" | "events:write")[];
            /**
             * @description Whether it works, or how it ended
             * @example active
             * @enum {unknown}
             */
            state: "active" | "expired" | "revoked";
            /**
             * Format: date-time
             * @description When it was made
             * @example 2026-11-22T09:30:00.25Z
             */
            created_at: string;
            /**
             * @description A token's `sub`, or who did it in the database
             * @example developer
             */
            created_by: string;
            /**
             * @description To the minute; null: not yet
             * @example null
             */
            last_used_at: string | null;
            /**
             * @description When it ends by itself; null: never
             * @example null
             */
            expires_at: string | null;
            /**
             * @description When it was revoked; null: it was not
             * @example null
             */
            revoked_at: string | null;
            /**
             * @description The key that a rotation put in its place
             * @example null
             */
            replaced_by: string | null;
            /**
             * @description The key itself: shown now, never again
             * @example mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm_...
             */
            api_key: string;
        };
        /** @description A page of keys. */
        KeyPage: {
            /** @description The newest first, ended ones too */
            data: components["schemas"]["KeyAnswer"][];
            /**
             * @description Whether older ones follow: ask with starting_after
             * @example false
             */
            has_more: boolean;
        };
        /** @description A webhook endpoint, without its secrets. */
        EndpointAnswer: {
            /**
             * @description Its id
             * @example we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy
             */
            endpoint_id: string;
            /**
             * @description As it was given
             * @example till system
             */
            description: string;
            /**
             * @description Whether it takes webhooks
             * @example active
             * @enum {unknown}
             */
            state: "active" | "disabled";
            /**
             * Format: date-time
             * @description When it was made
             * @example 2026-11-22T09:30:00.25Z
             */
            created_at: string;
            /**
             * @description A token's `sub`, or who did it in the database
             * @example developer
             */
            created_by: string;
            /**
             * @description When a signed webhook came, to the minute; null: none yet
             * @example null
             */
            last_received_at: string | null;
            /**
             * @description Until when the secret before is good too; null: it is not
             * @example null
             */
            previous_secret_expires_at: string | null;
            /**
             * @description When it was disabled; null: it was not
             * @example null
             */
            disabled_at: string | null;
        };
        /** @description An endpoint with the secret that was just made. */
        NewEndpoint: {
            /**
             * @description Its id
             * @example we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy
             */
            endpoint_id: string;
            /**
             * @description As it was given
             * @example till system
             */
            description: string;
            /**
             * @description Whether it takes webhooks
             * @example active
             * @enum {unknown}
             */
            state: "active" | "disabled";
            /**
             * Format: date-time
             * @description When it was made
             * @example 2026-11-22T09:30:00.25Z
             */
            created_at: string;
            /**
             * @description A token's `sub`, or who did it in the database
             * @example developer
             */
            created_by: string;
            /**
             * @description When a signed webhook came, to the minute; null: none yet
             * @example null
             */
            last_received_at: string | null;
            /**
             * @description Until when the secret before is good too; null: it is not
             * @example null
             */
            previous_secret_expires_at: string | null;
            /**
             * @description When it was disabled; null: it was not
             * @example null
             */
            disabled_at: string | null;
            /**
             * @description What webhooks are signed with: shown now, never again
             * @example whsec_...
             */
            secret: string;
        };
        /** @description A page of webhook endpoints. */
        EndpointPage: {
            /** @description The newest first, disabled ones too */
            data: components["schemas"]["EndpointAnswer"][];
            /**
             * @description Whether older ones follow: ask with starting_after
             * @example false
             */
            has_more: boolean;
        };
        /** @description Something that was done. */
        AuditEntry: {
            /**
             * @description What was done
             * @example created
             * @enum {unknown}
             */
            action: "changed" | "created" | "deleted" | "disabled" | "revoked" | "rotated";
            /**
             * Format: date-time
             * @description When
             * @example 2026-11-22T09:30:00.25Z
             */
            acted_at: string;
            /**
             * @description A token's `sub`, or who did it in the database
             * @example developer
             */
            actor: string;
            /**
             * @description What the actor is
             * @example token
             * @enum {unknown}
             */
            actor_kind: "database_user" | "token";
            /**
             * @description Field by field {from, to}; secrets by the start of their digest
             * @example null
             */
            changes: Record<string, never> | null;
        };
        /** @description The audit trail of a key or an endpoint. */
        Audit: {
            /** @description The latest first */
            data: components["schemas"]["AuditEntry"][];
        };
        /** @description The process is alive. */
        Alive: {
            /**
             * @description Always true
             * @example true
             */
            ok: boolean;
        };
        /** @description Whether requests can be served well. */
        ReadinessReport: {
            /**
             * @description Whether all checks are ok
             * @example true
             */
            ready: boolean;
            /**
             * @description What was checked: "ok", or what is wrong
             * @example {
             *       "database": "ok",
             *       "schema": "ok",
             *       "runner": "ok"
             *     }
             */
            checks: {
                [key: string]: string;
            };
            /**
             * @description Events not in the figures yet; null: not known
             * @example 0
             */
            pending_events?: Numeric | null;
            /**
             * @description How long the oldest of them has waited
             * @example 0
             */
            lag_seconds?: Numeric | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The id under which the request is logged: the one sent along in this header, when it has 1 to 64 letters, digits, dots, dashes and underscores. */
        "X-Request-Id": string;
        /** @description The limits that hold for the caller, when there are any: `"requests";q=200;w=2` is a bucket of 200 requests that fills in 2 seconds. */
        "RateLimit-Policy": string;
        /** @description What is left of each: `"requests";r=150;t=1` is 150 requests, and a full bucket in 1 second. */
        RateLimit: string;
        /** @description Seconds until it makes sense to try again. */
        "Retry-After": string;
        /** @description The credentials that are taken. */
        "WWW-Authenticate": string;
        /** @description The handling that was asked for. */
        "Preference-Applied": "handling=strict" | "handling=lenient";
        /** @description The name of the file. */
        "Content-Disposition": string;
        /** @description The media types that are taken. */
        "Accept-Post": string;
        /** @description The encodings that are taken. */
        "Accept-Encoding": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    ingest_event: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Stands for the event's field `idempotency_key`.
                 * @example refund-2
                 */
                "Idempotency-Key"?: string;
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "transaction_id": "txn-789",
                 *       "amount": 1000,
                 *       "currency": "XOF",
                 *       "fee": 30,
                 *       "payment_method": "mobile_money",
                 *       "product_id": "prod-123",
                 *       "product_name": "Premium",
                 *       "customer_id": "cust-456",
                 *       "occurred_at": "2026-11-22T09:30:00Z",
                 *       "event_type": "payment_succeeded"
                 *     }
                 */
                "application/json": components["schemas"]["Event"];
            };
        };
        responses: {
            /** @description Stored before, under this `event_id`: nothing has changed */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *       "queued": true,
                     *       "duplicate": false,
                     *       "message": "Event queued for processing"
                     *     }
                     */
                    "application/json": components["schemas"]["EventAnswer"];
                };
            };
            /** @description Stored */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *       "queued": true,
                     *       "duplicate": false,
                     *       "message": "Event queued for processing"
                     *     }
                     */
                    "application/json": components["schemas"]["EventAnswer"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Another event was received with this identity */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    ingest_events: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description `handling=lenient` stores the valid events of a batch and reports the others; `handling=strict`, as without it, stores all or nothing. Other preferences are ignored (RFC 7240).
                 * @example handling=lenient
                 */
                Prefer?: string;
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example [
                 *       {
                 *         "transaction_id": "txn-789",
                 *         "amount": 1000,
                 *         "currency": "XOF",
                 *         "fee": 30,
                 *         "payment_method": "mobile_money",
                 *         "product_id": "prod-123",
                 *         "product_name": "Premium",
                 *         "customer_id": "cust-456",
                 *         "occurred_at": "2026-11-22T09:30:00Z",
                 *         "event_type": "payment_succeeded"
                 *       }
                 *     ]
                 */
                "application/json": components["schemas"]["Event"][];
                /**
                 * @example [
                 *       {
                 *         "transaction_id": "txn-789",
                 *         "amount": 1000,
                 *         "currency": "XOF",
                 *         "fee": 30,
                 *         "payment_method": "mobile_money",
                 *         "product_id": "prod-123",
                 *         "product_name": "Premium",
                 *         "customer_id": "cust-456",
                 *         "occurred_at": "2026-11-22T09:30:00Z",
                 *         "event_type": "payment_succeeded"
                 *       }
                 *     ]
                 */
                "application/x-ndjson": components["schemas"]["Event"][];
            };
        };
        responses: {
            /** @description Stored; what was not is in `results` */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "total": 2,
                     *       "ingested": 1,
                     *       "duplicates": 1,
                     *       "conflicts": 0,
                     *       "rejected": 0,
                     *       "results": [
                     *         {
                     *           "index": 1,
                     *           "outcome": "duplicate",
                     *           "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *           "errors": [
                     *             {
                     *               "pointer": "/amount",
                     *               "detail": "is required"
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    receive_webhook: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The message's id, the same when it is sent again: the event's idempotency key.
                 * @example msg_1
                 */
                "webhook-id": string;
                /**
                 * @description Seconds since 1970 when it was sent, at most 5 minutes from now.
                 * @example 1795427892
                 */
                "webhook-timestamp": string;
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path: {
                /** @description The endpoint's id, which names its merchant. */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "payment.succeeded",
                 *       "timestamp": "2026-11-22T09:30:00Z",
                 *       "data": {
                 *         "transaction_id": "txn-789",
                 *         "amount": 1000,
                 *         "currency": "XOF",
                 *         "fee": 30,
                 *         "payment_method": "mobile_money",
                 *         "product_id": "prod-123",
                 *         "product_name": "Premium",
                 *         "customer_id": "cust-456",
                 *         "occurred_at": "2026-11-22T09:30:00Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Webhook"];
            };
        };
        responses: {
            /** @description Stored before, under this `event_id`: nothing has changed */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *       "queued": true,
                     *       "duplicate": false,
                     *       "message": "Event queued for processing"
                     *     }
                     */
                    "application/json": components["schemas"]["EventAnswer"];
                };
            };
            /** @description Stored */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true,
                     *       "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *       "queued": true,
                     *       "duplicate": false,
                     *       "message": "Event queued for processing"
                     *     }
                     */
                    "application/json": components["schemas"]["EventAnswer"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Another event was received with this identity */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    overview: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "today": {
                     *         "transactions": 13,
                     *         "successful_transactions": 12,
                     *         "failed_transactions": 1,
                     *         "revenue": 12000,
                     *         "refunds": 1000,
                     *         "fees": 360,
                     *         "net_revenue": 10640,
                     *         "avg_transaction": 1000,
                     *         "success_rate": 0.9231,
                     *         "customers": 9,
                     *         "new_customers": 2,
                     *         "date": "2026-11-22",
                     *         "transaction_growth": "5.20",
                     *         "revenue_growth": "5.20"
                     *       },
                     *       "month": {
                     *         "transactions": 13,
                     *         "successful_transactions": 12,
                     *         "failed_transactions": 1,
                     *         "revenue": 12000,
                     *         "refunds": 1000,
                     *         "fees": 360,
                     *         "net_revenue": 10640,
                     *         "avg_transaction": 1000,
                     *         "success_rate": 0.9231,
                     *         "customers": 9,
                     *         "new_customers": 2,
                     *         "start_date": "2026-11-01"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    analytics: {
        parameters: {
            query: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The first local day: a date like 2026-01-31. */
                start_date: string;
                /** @description The last local day, not before the first; at most 731 days, 31 for hourly figures: a date like 2026-01-31. */
                end_date: string;
                /** @description Steps of the range: daily or hourly. */
                granularity?: "daily" | "hourly";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "granularity": "daily",
                     *       "data": [
                     *         {
                     *           "transactions": 13,
                     *           "successful": 12,
                     *           "failed": 1,
                     *           "created": 13,
                     *           "refunded": 1,
                     *           "revenue": 12000,
                     *           "refunds": 1000,
                     *           "fees": 360,
                     *           "net_revenue": 10640,
                     *           "avg_transaction": 1000,
                     *           "success_rate": 0.9231,
                     *           "customers": 9,
                     *           "new_customers": 2,
                     *           "date": "2026-11-22"
                     *         }
                     *       ],
                     *       "totals": {
                     *         "transactions": 13,
                     *         "successful": 12,
                     *         "failed": 1,
                     *         "created": 13,
                     *         "refunded": 1,
                     *         "revenue": 12000,
                     *         "refunds": 1000,
                     *         "fees": 360,
                     *         "net_revenue": 10640,
                     *         "avg_transaction": 1000,
                     *         "success_rate": 0.9231,
                     *         "customers": 9,
                     *         "new_customers": 2,
                     *         "period": "2026-11-16/2026-11-22"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Analytics"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    payment_methods: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "period_days": 30,
                     *       "start_date": "2026-10-24",
                     *       "end_date": "2026-11-22",
                     *       "payment_methods": [
                     *         {
                     *           "method": "mobile_money",
                     *           "count": 12,
                     *           "amount": 12000,
                     *           "share": 0.75,
                     *           "success_rate": 0.9231
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PaymentMethods"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    top_products: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
                /** @description How many at most: a whole number from 1 to 100. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "period_days": 30,
                     *       "start_date": "2026-10-24",
                     *       "end_date": "2026-11-22",
                     *       "products": [
                     *         {
                     *           "product_id": "prod-123",
                     *           "product_name": "Premium",
                     *           "transactions": 12,
                     *           "amount": 12000
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TopProducts"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    failures: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
                /** @description How many at most: a whole number from 1 to 100. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "period_days": 30,
                     *       "start_date": "2026-10-24",
                     *       "end_date": "2026-11-22",
                     *       "failed": 21,
                     *       "failures": [
                     *         {
                     *           "failure_code": "insufficient_funds",
                     *           "count": 5,
                     *           "share": 0.2381
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Failures"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    customers: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description How many at most: a whole number from 1 to 500. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "currency": "XOF",
                     *       "timezone": "Africa/Dakar",
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "summary": {
                     *         "total_customers": 260,
                     *         "avg_transactions": "4.25",
                     *         "avg_spend": "4250.00"
                     *       },
                     *       "top_customers": [
                     *         {
                     *           "customer_id": "cust-456",
                     *           "transactions": 12,
                     *           "total_spent": 12000,
                     *           "first_transaction": "2026-11-22T09:30:00.25Z",
                     *           "last_transaction": "2026-11-22T09:30:00.25Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["CustomersAnswer"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    stream_changes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The id of the last message: a change since then is told at once. */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example retry: 2718
                     *     id: 1795427892123456-1795428000
                     *
                     *     id: 1795428031654321-1795428000
                     *     data: {"as_of":"2026-11-23T10:00:31.5Z"}
                     */
                    "text/event-stream": unknown;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up; Too many streams are open */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a browser needs for it */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "mode": "oidc",
                     *       "issuer": "https://id.example.com/",
                     *       "client_id": "molam-dashboard",
                     *       "scope": "openid"
                     *     }
                     */
                    "application/json": components["schemas"]["SignIn"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "merchant_id": "c0ffee00-0000-4000-8000-000000000001",
                     *       "name": "Teranga Market",
                     *       "status": "active",
                     *       "timezone": "Africa/Dakar",
                     *       "default_currency": "XOF",
                     *       "currencies": [
                     *         "XOF"
                     *       ],
                     *       "credential": "token",
                     *       "subject": "developer",
                     *       "role": "owner",
                     *       "scopes": [
                     *         "dashboard:read"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_keys: {
        parameters: {
            query?: {
                /** @description How many at most: a whole number from 1 to 100. */
                limit?: number;
                /** @description Where the page begins: the id of the last item before the page. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "key_id": "Jb2jWAZ0vTUm",
                     *           "prefix": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm",
                     *           "name": "till 3",
                     *           "scopes": [
                     *             "dashboard:read"
                     *           ],
                     *           "state": "active",
                     *           "created_at": "2026-11-22T09:30:00.25Z",
                     *           "created_by": "developer",
                     *           "last_used_at": null,
                     *           "expires_at": null,
                     *           "revoked_at": null,
                     *           "replaced_by": null
                     *         }
                     *       ],
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_key: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "name": "till 3",
                 *       "scopes": [
                 *         "events:write",
                 *         "dashboard:read"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["KeyRequest"];
            };
        };
        responses: {
            /** @description The key: shown now, never again */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "Jb2jWAZ0vTUm",
                     *       "prefix": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm",
                     *       "name": "till 3",
                     *       "scopes": [
                     *         "dashboard:read"
                     *       ],
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_used_at": null,
                     *       "expires_at": null,
                     *       "revoked_at": null,
                     *       "replaced_by": null,
                     *       "api_key": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm_..."
                     *     }
                     */
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description This does not go with how things are */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's id: the third part of the key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "Jb2jWAZ0vTUm",
                     *       "prefix": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm",
                     *       "name": "till 3",
                     *       "scopes": [
                     *         "dashboard:read"
                     *       ],
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_used_at": null,
                     *       "expires_at": null,
                     *       "revoked_at": null,
                     *       "replaced_by": null
                     *     }
                     */
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's id: the third part of the key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked, now or before */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    audit_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The key's id: the third part of the key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audit trail */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "action": "created",
                     *           "acted_at": "2026-11-22T09:30:00.25Z",
                     *           "actor": "developer",
                     *           "actor_kind": "token",
                     *           "changes": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Audit"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    rotate_key: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path: {
                /** @description The key's id: the third part of the key. */
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["KeyRotation"];
            };
        };
        responses: {
            /** @description The new key: shown now, never again */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "key_id": "Jb2jWAZ0vTUm",
                     *       "prefix": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm",
                     *       "name": "till 3",
                     *       "scopes": [
                     *         "dashboard:read"
                     *       ],
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_used_at": null,
                     *       "expires_at": null,
                     *       "revoked_at": null,
                     *       "replaced_by": null,
                     *       "api_key": "mk_3GR9yxJhPiFYGZCK1ddW1i_Jb2jWAZ0vTUm_..."
                     *     }
                     */
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description This does not go with how things are */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_endpoints: {
        parameters: {
            query?: {
                /** @description How many at most: a whole number from 1 to 100. */
                limit?: number;
                /** @description Where the page begins: the id of the last item before the page. */
                starting_after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of endpoints */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "endpoint_id": "we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy",
                     *           "description": "till system",
                     *           "state": "active",
                     *           "created_at": "2026-11-22T09:30:00.25Z",
                     *           "created_by": "developer",
                     *           "last_received_at": null,
                     *           "previous_secret_expires_at": null,
                     *           "disabled_at": null
                     *         }
                     *       ],
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointPage"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_endpoint: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "description": "till system"
                 *     }
                 */
                "application/json": components["schemas"]["EndpointRequest"];
            };
        };
        responses: {
            /** @description The endpoint with its secret: shown now, never again */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "endpoint_id": "we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy",
                     *       "description": "till system",
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_received_at": null,
                     *       "previous_secret_expires_at": null,
                     *       "disabled_at": null,
                     *       "secret": "whsec_..."
                     *     }
                     */
                    "application/json": components["schemas"]["NewEndpoint"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description This does not go with how things are */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The endpoint's id, which names its merchant. */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "endpoint_id": "we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy",
                     *       "description": "till system",
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_received_at": null,
                     *       "previous_secret_expires_at": null,
                     *       "disabled_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["EndpointAnswer"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    disable_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The endpoint's id, which names its merchant. */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is disabled, now or before */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    audit_endpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The endpoint's id, which names its merchant. */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The audit trail */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "action": "created",
                     *           "acted_at": "2026-11-22T09:30:00.25Z",
                     *           "actor": "developer",
                     *           "actor_kind": "token",
                     *           "changes": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Audit"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    rotate_secret: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description gzip when the body is compressed, as one member.
                 * @example identity
                 */
                "Content-Encoding"?: string;
            };
            path: {
                /** @description The endpoint's id, which names its merchant. */
                endpoint_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlap_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["SecretRotation"];
            };
        };
        responses: {
            /** @description The endpoint with its new secret: shown now, never again */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "endpoint_id": "we_1WtkzR02hddaOHf8fcotTi_2q0TIbCBP9yy",
                     *       "description": "till system",
                     *       "state": "active",
                     *       "created_at": "2026-11-22T09:30:00.25Z",
                     *       "created_by": "developer",
                     *       "last_received_at": null,
                     *       "previous_secret_expires_at": null,
                     *       "disabled_at": null,
                     *       "secret": "whsec_..."
                     *     }
                     */
                    "application/json": components["schemas"]["NewEndpoint"];
                };
            };
            /** @description The request cannot be understood; The body is not valid JSON */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description This does not go with how things are */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body is too large */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The body must be JSON */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Accept-Post": components["headers"]["Accept-Post"];
                    "Accept-Encoding": components["headers"]["Accept-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_transactions: {
        parameters: {
            query?: {
                /** @description Of the transactions: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description Of the transactions: created, failed, succeeded, partially_refunded or refunded. */
                status?: "created" | "failed" | "partially_refunded" | "refunded" | "succeeded";
                /** @description Where `started_at` begins: a date like 2026-01-31 or an RFC 3339 time with offset, in which + is written %2B. */
                from?: string;
                /** @description Where `started_at` ends: a date included, a time excluded: a date like 2026-01-31 or an RFC 3339 time with offset, in which + is written %2B. */
                to?: string;
                /** @description Who paid: a string of 1 to 128 characters. */
                customer_id?: string;
                /** @description What was sold: a string of 1 to 128 characters. */
                product_id?: string;
                /** @description How it was paid: a string of 1 to 64 characters. */
                payment_method?: string;
                /** @description How a transaction's or a customer's id starts: a string of 1 to 128 characters. */
                search?: string;
                /** @description How many at most: a whole number from 1 to 100. */
                limit?: number;
                /** @description Older ones than this: a cursor of the list, or the id of a transaction. */
                starting_after?: string;
                /** @description Newer ones than this, instead: a cursor of the list, or the id of a transaction. */
                ending_before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of them */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "as_of": "2026-11-22T09:30:00.25Z",
                     *       "timezone": "Africa/Dakar",
                     *       "has_more": false,
                     *       "next_cursor": null,
                     *       "previous_cursor": null,
                     *       "data": [
                     *         {
                     *           "transaction_id": "txn-789",
                     *           "status": "succeeded",
                     *           "currency": "XOF",
                     *           "amount": 1000,
                     *           "revenue": 1000,
                     *           "refunds": 0,
                     *           "fees": 30,
                     *           "net_revenue": 970,
                     *           "payment_method": "mobile_money",
                     *           "customer_id": "cust-456",
                     *           "product_id": "prod-123",
                     *           "product_name": "Premium",
                     *           "failure_code": null,
                     *           "started_at": "2026-11-22T09:30:00.25Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TransactionPage"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_transaction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The transaction's id as its events have it, percent-encoded, slashes too. */
                transaction_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The transaction */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "transaction_id": "txn-789",
                     *       "status": "succeeded",
                     *       "currency": "XOF",
                     *       "amount": 1000,
                     *       "revenue": 1000,
                     *       "refunds": 0,
                     *       "fees": 30,
                     *       "net_revenue": 970,
                     *       "payment_method": "mobile_money",
                     *       "customer_id": "cust-456",
                     *       "product_id": "prod-123",
                     *       "product_name": "Premium",
                     *       "failure_code": null,
                     *       "started_at": "2026-11-22T09:30:00.25Z",
                     *       "other_currencies": [],
                     *       "events": [
                     *         {
                     *           "event_id": "5cbd38f2-1e0b-5a3b-9d5e-0d9b7a3f5a10",
                     *           "event_type": "payment_succeeded",
                     *           "amount": 1000,
                     *           "fee": 30,
                     *           "currency": "XOF",
                     *           "payment_method": "mobile_money",
                     *           "customer_id": "cust-456",
                     *           "product_id": "prod-123",
                     *           "product_name": "Premium",
                     *           "failure_code": null,
                     *           "idempotency_key": null,
                     *           "occurred_at": "2026-11-22T09:30:00.25Z",
                     *           "received_at": "2026-11-22T09:30:00.25Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["TransactionAnswer"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    analytics_report: {
        parameters: {
            query: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The first local day: a date like 2026-01-31. */
                start_date: string;
                /** @description The last local day, not before the first; at most 731 days, 31 for hourly figures: a date like 2026-01-31. */
                end_date: string;
                /** @description Steps of the range: daily or hourly. */
                granularity?: "daily" | "hourly";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example date,currency,transactions,successful,failed,created,refunded,revenue,refunds,fees,net_revenue,avg_transaction,success_rate,customers,new_customers
                     *     2026-11-22,XOF,13,12,1,13,1,12000,1000,360,10640,1000.00,0.9231,9,2
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    payment_methods_report: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example method,currency,count,amount,share,success_rate
                     *     "mobile_money",XOF,12,12000,1.0000,0.9231
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    top_products_report: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
                /** @description How many at most: a whole number from 1 to 100000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example product_id,product_name,currency,transactions,amount
                     *     "prod-123","Premium",XOF,12,12000
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    failures_report: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description The last local days, today included; 30 unless a range is given: a whole number from 1 to 366. */
                days?: number;
                /** @description The first local day, instead of days: a date like 2026-01-31. */
                start_date?: string;
                /** @description The last local day, not before the first; at most 731 days: a date like 2026-01-31. */
                end_date?: string;
                /** @description How many at most: a whole number from 1 to 100000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example failure_code,currency,count,share
                     *     "insufficient_funds",XOF,5,0.2381
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    customers_report: {
        parameters: {
            query?: {
                /** @description Of the figures; the merchant's own unless given: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description How many at most: a whole number from 1 to 1000000. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example customer_id,currency,transactions,total_spent,first_transaction,last_transaction
                     *     "cust-456",XOF,12,12000,2026-11-02T08:00:00Z,2026-11-22T09:30:00Z
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    transactions_report: {
        parameters: {
            query?: {
                /** @description Of the transactions: an ISO 4217 code in upper case. */
                currency?: string;
                /** @description Of the transactions: created, failed, succeeded, partially_refunded or refunded. */
                status?: "created" | "failed" | "partially_refunded" | "refunded" | "succeeded";
                /** @description Where `started_at` begins: a date like 2026-01-31 or an RFC 3339 time with offset, in which + is written %2B. */
                from?: string;
                /** @description Where `started_at` ends: a date included, a time excluded: a date like 2026-01-31 or an RFC 3339 time with offset, in which + is written %2B. */
                to?: string;
                /** @description Who paid: a string of 1 to 128 characters. */
                customer_id?: string;
                /** @description What was sold: a string of 1 to 128 characters. */
                product_id?: string;
                /** @description How it was paid: a string of 1 to 64 characters. */
                payment_method?: string;
                /** @description How a transaction's or a customer's id starts: a string of 1 to 128 characters. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example transaction_id,status,currency,amount,revenue,refunds,fees,net_revenue,payment_method,customer_id,product_id,product_name,failure_code,started_at
                     *     "txn-789",succeeded,XOF,1000,1000,0,30,970,"mobile_money","cust-456","prod-123","Premium",,2026-11-22T09:30:00Z
                     */
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description These credentials do not allow this; The merchant is suspended */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The rate limit is used up */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description The service cannot answer right now */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ok": true
                     *     }
                     */
                    "application/json": components["schemas"]["Alive"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: {
                /** @description A check that does not count: runner. */
                exclude?: "runner";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ready": true,
                     *       "checks": {
                     *         "database": "ok",
                     *         "schema": "ok",
                     *         "runner": "ok"
                     *       },
                     *       "pending_events": 0,
                     *       "lag_seconds": 0
                     *     }
                     */
                    "application/json": components["schemas"]["ReadinessReport"];
                };
            };
            /** @description The request cannot be understood */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Some values are not valid */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
            /** @description Not ready: `checks` says why */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ready": true,
                     *       "checks": {
                     *         "database": "ok",
                     *         "schema": "ok",
                     *         "runner": "ok"
                     *       },
                     *       "pending_events": 0,
                     *       "lag_seconds": 0
                     *     }
                     */
                    "application/json": components["schemas"]["ReadinessReport"];
                };
            };
        };
    };
    get_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus' text format */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example # HELP molam_pending_events Events that wait for the rollup.
                     *     # TYPE molam_pending_events gauge
                     *     molam_pending_events 0.0
                     */
                    "text/plain": string;
                };
            };
            /** @description Valid credentials are required */
            401: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    describe_problem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The last part of a problem's `type`. */
                slug: "conflict" | "content-too-large" | "event-conflict" | "forbidden" | "internal-error" | "malformed-json" | "malformed-request" | "merchant-suspended" | "method-not-allowed" | "not-found" | "too-many-requests" | "too-many-streams" | "unauthenticated" | "unavailable" | "unsupported-media-type" | "validation-failed";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The type of problem */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "/problems/not-found",
                     *       "title": "There is nothing here",
                     *       "status": 404,
                     *       "remedy": "Check the path and the id. Ids of others are not found."
                     *     }
                     */
                    "application/json": components["schemas"]["ProblemDescription"];
                };
            };
            /** @description There is nothing here */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
}
