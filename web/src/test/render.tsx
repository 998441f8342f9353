import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { I18nProvider } from "@/lib/i18n";
import { MerchantContext, type Me } from "@/lib/merchant";
import { queryClient } from "@/lib/queries";

export const OWNER: Me = {
  merchant_id: "c0ffee00-0000-4000-8000-000000000001", name: "Boutique", status: "active", timezone: "Europe/Paris",
  default_currency: "EUR", currencies: ["EUR", "KWD"], credential: "token", subject: "awa", role: "owner", scopes: ["dashboard:read"],
};

/** A part of the application as `me` sees it at an address; gives where it then is, too. */
export function show(part: ReactNode, { path = "/", me = OWNER }: { path?: string; me?: Me } = {}) {
  queryClient.clear();
  const [pathname = "/", search = ""] = path.split("?");
  const place = memoryLocation({ path: pathname, searchPath: search, record: true });
  const shown = render(
    <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
      <I18nProvider>
        <QueryClientProvider client={queryClient}>
          <Router hook={place.hook} searchHook={place.searchHook}>
            <MerchantContext value={me}>{part}</MerchantContext>
          </Router>
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>,
  );
  return { ...shown, place };
}
