import { useQuery } from "@tanstack/react-query";
import { lazy } from "react";
import { hasEvents } from "@/features/first-run/requests/has-events";
import OverviewPage from "@/features/overview/OverviewPage";
import { useMerchant } from "@/lib/merchant";

const FirstRunPage = lazy(() => import("@/features/first-run/FirstRunPage"));

/** The overview; how to begin, while nothing has come yet. */
export function Home() {
  return useQuery(hasEvents(useMerchant())).data === false ? <FirstRunPage /> : <OverviewPage />;
}
