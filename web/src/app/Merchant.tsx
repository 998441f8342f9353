import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Boot } from "@/app/Boot";
import { Crash } from "@/app/Crash";
import { Pages } from "@/app/Pages";
import { Shell } from "@/app/shell/Shell";
import { ErrorState, LoadingLines } from "@/components/states";
import { api, body } from "@/lib/api";
import { LiveProvider } from "@/lib/live-context";
import { MerchantContext } from "@/lib/merchant";

/** All pages of whoever has signed in. */
export function Merchant() {
  const me = useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => body(api.GET("/api/me", { signal })),
    staleTime: Infinity,
  });
  if (me.data === undefined) {
    return me.error ? <main className="boot"><ErrorState key={me.errorUpdatedAt} error={me.error} retry={() => void me.refetch()} /></main> : <Boot />;
  }
  return (
    <MerchantContext value={me.data}>
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
