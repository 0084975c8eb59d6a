import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  // Relative addresses, so that the pages work under any prefix; the server writes <base>.
  base: './',
  plugins: [react(), headTags()],
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

/**
 * What the first paint needs, asked for at the very top: the chosen theme, and both faces, which the browser would
 * otherwise find only after it has read the style sheet.
 */
function headTags(): Plugin {
  return {
    name: 'head-tags',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) => {
        const fonts = Object.keys(bundle).filter((name) => name.endsWith('.woff2'));
        return [
          { tag: 'script', attrs: { src: './preferences.js' }, injectTo: 'head' },
          ...fonts.map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', href: `./${name}`, as: 'font', type: 'font/woff2', crossorigin: '' },
            injectTo: 'head' as const,
          })),
        ];
      },
    },
  };
}
