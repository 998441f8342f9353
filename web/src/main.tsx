import { answered } from "@/app/first-questions";
import "@/styles/mantine";
import "@/styles/tokens.css";
import "@/styles/global.css";
import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { I18nProvider } from "@/lib/i18n";
import { queryClient } from "@/lib/queries";

const theme = createTheme({
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // It locks scrolling by a style element, which the policy forbids; styles/global.css does it instead.
    // Its header would be a second banner outside the main part.
    Modal: { defaultProps: { lockScroll: false, withinPortal: false } },
  },
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// Mantine's variables and classes are in files: the content security policy lets no style element in.
const app = (
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <I18nProvider>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  </StrictMode>
);
// The shapes of what is coming are for those who have to wait for it: shown for less time than this they would flicker.
const patience = new Promise((resolve) => { setTimeout(resolve, 500); });
void Promise.race([answered, patience]).then(() => { createRoot(root).render(app); });
