import { lazy } from "react";
import { useHasEvents } from "@/features/first-run/requests/has-events";
import OverviewPage from "@/features/overview/OverviewPage";

const FirstRunPage = lazy(() => import("@/features/first-run/FirstRunPage"));

/** The overview; how to begin, while nothing has come yet. */
export function Home() {
  return useHasEvents().data === false ? <FirstRunPage /> : <OverviewPage />;
}
