import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The kept theme is set before the first paint, by a script of its own: the policy lets no inline script run. */
function themeScript(): Plugin {
  const file = fileURLToPath(new URL("src/app/theme.js", import.meta.url));
  let isBuild = false;
  return {
    name: "theme-script",
    configResolved: (config) => {
      isBuild = config.command === "build";
    },
    transformIndexHtml(_html, { bundle }) {
      const built = Object.keys(bundle ?? {}).find((name) => name.startsWith("assets/theme-"));
      return [{ tag: "script", attrs: { src: built ? `/${built}` : "/src/app/theme.js" }, injectTo: "head-prepend" }];
    },
    buildStart() {
      if (isBuild) this.emitFile({ type: "asset", name: "theme.js", source: readFileSync(file) });
    },
  };
}

export default defineConfig({
  plugins: [react(), themeScript()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    target: ["chrome109", "firefox115", "safari16"],
    assetsInlineLimit: 0,
    // the budget is checked by tests/test_web.py
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": process.env.MOLAM_URL ?? "http://127.0.0.1:8081" } },
});
