import { fileURLToPath } from "node:url";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

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

/** Writes each file compressed beside itself, for the service to choose from. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "" }) {
      for (const name of readdirSync(dir, { recursive: true, encoding: "utf-8" })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const content = readFileSync(join(dir, name));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), themeScript(), compressed()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    target: ["chrome111", "firefox117", "safari16.4"],
    assetsInlineLimit: 0,
    // the budget is checked by tests/test_dashboard_app.py
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
  },
  test: { environment: "jsdom", setupFiles: ["src/test/setup.ts"], restoreMocks: true, isolate: false, testTimeout: 60_000 },
  server: { proxy: { "/api": process.env.MOLAM_URL ?? "http://127.0.0.1:8081" } },
});
