/// <reference types="vitest/config" />
// How the page is built: relative paths, so that it works behind any prefix, and no inline script, so that the policy is strict.
import { defineConfig } from "vite";

const server = "http://127.0.0.1:9090";

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // The first that know light-dark(): translated for older ones it would follow the system only, whatever the person chose.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssMinify: "lightningcss",
    chunkSizeWarningLimit: 400,
    manifest: "manifest.json",
  },
  server: { proxy: { "/api": server, "/-": server } },
  test: { include: ["src/**/*.test.ts"], environment: "node", css: { include: [/\?raw$/] } },
});
