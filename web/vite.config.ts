import { fileURLToPath } from "node:url";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Two scripts run before all others: one sets the kept theme before the first paint (the policy lets no inline script
 * run), one asks the service what is needed first, so that it answers while the others are loaded.
 */
function firstScripts(): Plugin {
  const THEME = "src/app/theme.js";
  const QUESTIONS = "src/app/first-questions.ts";
  let isBuild = false;
  return {
    name: "first-scripts",
    configResolved: (config) => {
      isBuild = config.command === "build";
    },
    buildStart() {
      if (!isBuild) return;
      this.emitFile({ type: "asset", name: "theme.js", source: readFileSync(path(THEME)) });
      this.emitFile({ type: "chunk", id: path(QUESTIONS), preserveSignature: "allow-extension" });
    },
    transformIndexHtml(_html, { bundle }) {
      const built = (part: string) => Object.keys(bundle ?? {}).find((name) => name.startsWith(`assets/${part}-`));
      const script = (source: string, part: string, attrs = {}) =>
        ({ tag: "script", attrs: { ...attrs, src: `/${built(part) ?? source}` }, injectTo: "head-prepend" as const });
      return [script(THEME, "theme"), script(QUESTIONS, "first-questions", { type: "module", crossorigin: true })];
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
  plugins: [react(), firstScripts(), compressed()],
  resolve: { alias: { "@": path("src") } },
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
