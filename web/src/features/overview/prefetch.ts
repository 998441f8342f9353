import { analytics, failures, overview, paymentMethods, topCustomers, topProducts } from "@/features/overview/requests";
import { today } from "@/lib/days";
import type { Me } from "@/lib/merchant";
import { queryClient } from "@/lib/queries";
import { growthPeriods } from "@/lib/ranges";
import { readView } from "@/lib/view";

/**
 * Asks for what the overview shows at this address before it is there to ask itself.
 * Settles when the key figures are answered; whoever shows an answer shows its failure, too.
 */
export async function prefetchOverview(me: Me): Promise<void> {
  const day = today(me.timezone);
  const { range, period, granularity, currency } = readView(new URLSearchParams(location.search), { today: day, currencies: me.currencies });
  const compared = growthPeriods(period, range, day) ?? [];
  const keyFigures = Promise.allSettled([
    queryClient.query(analytics(period, granularity, currency)),
    queryClient.query(overview(currency)),
    ...compared.map((one) => queryClient.query(analytics(one, "daily", currency))),
  ]);
  void Promise.allSettled([
    queryClient.query(paymentMethods(period, currency)),
    queryClient.query(topProducts(period, currency)),
    queryClient.query(topCustomers(currency)),
    queryClient.query(failures(period, currency)),
  ]);
  await keyFigures;
}
