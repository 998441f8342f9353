import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Boot } from "@/app/Boot";
import { Crash } from "@/app/Crash";
import { Pages } from "@/app/Pages";
import { Shell } from "@/app/shell/Shell";
import { ErrorState, LoadingLines } from "@/components/states";
import { LiveProvider } from "@/lib/live-context";
import { me, MerchantContext } from "@/lib/merchant";

/** All pages of whoever has signed in. */
export function Merchant() {
  const query = useQuery(me);
  if (query.data === undefined) {
    return query.error ? <main className="boot"><ErrorState key={query.errorUpdatedAt} error={query.error} retry={() => void query.refetch()} /></main> : <Boot />;
  }
  return (
    <MerchantContext value={query.data}>
      <LiveProvider>
        <Shell>
          <Crash>
            <Suspense fallback={<LoadingLines lines={6} height={40} />}><Pages /></Suspense>
          </Crash>
        </Shell>
      </LiveProvider>
    </MerchantContext>
  );
}
