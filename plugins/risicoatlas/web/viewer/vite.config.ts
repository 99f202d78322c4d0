import { defineConfig } from "vite";

// Built into the folder that the service serves at /viewer/; every address is relative, so that a proxy prefix works.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../static/viewer",
    emptyOutDir: true,
    // data: addresses are kept out of scripts and styles: the content security policy names only our own host
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(
      ["/ogc", "/tiles", "/wms", "/static", "/auth", "/viewer/layers.json"].map((path) => [path, "http://127.0.0.1:8080"]),
    ),
  },
});
