/** A command that sends a payment, as it stands: of this merchant, to this service. */
export function firstEventCommand(origin: string, apiKey: string, currency: string): string {
  const event = {
    transaction_id: "first-payment", event_type: "payment_succeeded", amount: 1000, currency,
    payment_method: "mobile_money", customer_id: "customer-1", product_id: "product-1", product_name: "First product",
  };
  return [
    `curl ${origin}/api/events/transaction \\`,
    `  -H 'X-API-Key: ${apiKey}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${JSON.stringify(event, null, 2)}'`,
  ].join("\n");
}
