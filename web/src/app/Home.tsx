import FirstRunPage from "@/features/first-run/FirstRunPage";
import { useHasEvents } from "@/features/first-run/requests/has-events";
import OverviewPage from "@/features/overview/OverviewPage";

/** The overview; how to begin, while nothing has come yet. */
export function Home() {
  return useHasEvents().data === false ? <FirstRunPage /> : <OverviewPage />;
}
