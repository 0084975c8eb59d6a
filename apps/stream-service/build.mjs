// Bundles the server into dist/stream-service.mjs, which runs with Node 24 and the native package lmdb beside it.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/stream-service.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  conditions: ['@binnacle/source'],
  sourcemap: true,
  external: ['lmdb'],
  // Dependencies in CommonJS call require, which a module does not have.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
