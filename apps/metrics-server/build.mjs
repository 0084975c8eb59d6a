import { chmodSync, cpSync } from 'node:fs';
import { build } from 'esbuild';

const common = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  conditions: ['@binnacle/source'],
  // Packages in CommonJS ask for a `require`.
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
  sourcemap: 'linked',
  logLevel: 'warning',
};

// The server and its tools, which run on Node 24 from any folder, and the threads in which queries are evaluated.
await build({
  ...common,
  entryPoints: { 'metrics-server': 'src/main.ts', 'binnacle-metrics': 'src/cli/main.ts' },
  outExtension: { '.js': '.mjs' },
});
chmodSync('dist/binnacle-metrics.mjs', 0o755);
await build({
  ...common,
  entryPoints: {
    queryWorker: '../../packages/promql/src/worker/queryWorker.ts',
    sharedReader: '../../packages/tsdb/src/db/sharedReader.ts',
    mergedStore: 'src/remoteRead/mergedStore.ts',
  },
});

// The page at /query, which browsers run as it is.
cpSync('src/queryPage/assets', 'dist/assets', {
  recursive: true,
  filter: (file) => !/\.test\.ts$|tsconfig/.test(file),
});
