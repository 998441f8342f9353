// What the overview asks of the service.
import { api, body } from "@/lib/api";
import { figures } from "@/lib/queries";
import type { Period } from "@/lib/ranges";
import type { Granularity } from "@/lib/view";

export const CUSTOMERS_SHOWN = 6;
export const FAILURES_SHOWN = 6;
export const PRODUCTS_SHOWN = 6;

/** Today and the month to date. */
export const overview = (currency: string) =>
  figures(["overview", currency], (signal) => body(api.GET("/api/dashboard/overview", { params: { query: { currency } }, signal })));

/** Each day or hour of a period, and the period's totals. */
export const analytics = ({ start, end }: Period, granularity: Granularity, currency: string) =>
  figures(["analytics", currency, granularity, start, end], (signal) => {
    const query = { start_date: start, end_date: end, granularity, currency };
    return body(api.GET("/api/dashboard/analytics", { params: { query }, signal }));
  });

/** What was paid how in a period. */
export const paymentMethods = ({ start, end }: Period, currency: string) =>
  figures(["payment-methods", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency };
    return body(api.GET("/api/dashboard/payment-methods", { params: { query }, signal }));
  });

/** What sold most in a period. */
export const topProducts = ({ start, end }: Period, currency: string) =>
  figures(["top-products", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency, limit: PRODUCTS_SHOWN };
    return body(api.GET("/api/dashboard/top-products", { params: { query }, signal }));
  });

/** Who spent most, of all time. */
export const topCustomers = (currency: string) =>
  figures(["customers", currency], (signal) =>
    body(api.GET("/api/dashboard/customers", { params: { query: { currency, limit: CUSTOMERS_SHOWN } }, signal })));

/** Why payments failed in a period. */
export const failures = ({ start, end }: Period, currency: string) =>
  figures(["failures", currency, start, end], (signal) => {
    const query = { start_date: start, end_date: end, currency, limit: FAILURES_SHOWN };
    return body(api.GET("/api/dashboard/failures", { params: { query }, signal }));
  });
