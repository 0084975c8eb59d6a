import { build } from 'esbuild';

// One file that runs on Node 24 from any folder. Packages in CommonJS ask for a `require`.
await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/exception-server.mjs',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  conditions: ['@binnacle/source'],
  external: ['pg-native'],
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  sourcemap: 'linked',
  logLevel: 'warning',
});
