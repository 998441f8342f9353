/** The list of transactions with these filters. */
export function transactionsLink(filters: Record<string, string | null | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) params.set(name, value);
  return `/transactions?${params.toString()}`;
}

export const transactionLink = (id: string) => `/transactions/${encodeURIComponent(id)}`;
