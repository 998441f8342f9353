import { expect, test } from "vitest";
import { readFilters, toQuery, writeFilters } from "@/features/transactions/filters";

const read = (query: string) => readFilters(new URLSearchParams(query));

test.each([
  "status=failed&payment_method=wave&currency=XOF&customer_id=c%261&product_id=p&search=txn-",
  "from=2026-11-01&to=2026-11-23",
  "from=2026-11-01T10%3A00%3A00%2B01%3A00&to=2026-11-01T10%3A00%3A00.000Z",
  "after=cur_1",
  "range=7d",
])("%s is read and written back", (query) => {
  expect([...writeFilters(read(query))].sort()).toEqual([...new URLSearchParams(query)].sort());
});

test("what is unknown or half is left out", () => {
  expect(writeFilters(read("status=lost&from=2026-11-01&range=ever&to=never&x=1")).toString()).toBe("");
});

test("the list and the file are asked with the same days", () => {
  expect(toQuery(read("range=7d&status=failed&after=cur_1"), "2026-11-23")).toEqual({ status: "failed", from: "2026-11-17", to: "2026-11-23" });
  expect(toQuery(read("from=2026-11-01T10%3A00%3A00Z&to=2026-11-01T11%3A00%3A00Z"), "2026-11-23")).toEqual({
    from: "2026-11-01T10:00:00Z", to: "2026-11-01T11:00:00Z",
  });
});
