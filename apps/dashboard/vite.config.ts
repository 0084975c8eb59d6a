import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  // Relative addresses, so that the pages work under any prefix; the server writes <base>.
  base: './',
  plugins: [react(), preloadFonts()],
  // The server puts a fresh nonce here in every page it sends.
  html: { cspNonce: 'BINNACLE_CSP_NONCE' },
  build: {
    outDir: 'dist/public',
    emptyOutDir: true,
    // light-dark(), :has() and container queries without fallbacks.
    target: ['chrome123', 'edge123', 'firefox125', 'safari17.5'],
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
  },
});

/** Both faces are needed by the first paint, so the page asks for them before it has read the style sheet. */
function preloadFonts(): Plugin {
  return {
    name: 'preload-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        Object.keys(bundle)
          .filter((name) => name.endsWith('.woff2'))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', href: `./${name}`, as: 'font', type: 'font/woff2', crossorigin: '' },
            injectTo: 'head',
          })),
    },
  };
}
