// Builds the app into dist/: the server as one file, dashboard.mjs, and the pages in public/. Both run anywhere with Node 24.
import { build as bundle } from 'esbuild';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build as buildPages } from 'vite';
import { checkBudget, measure } from './bundleBudget.mjs';

const here = import.meta.dirname;
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
await buildPages({ root: here, logLevel: 'warn' });
await bundle({
  entryPoints: [join(here, 'src/server/main.ts')],
  outfile: join(dist, 'dashboard.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  conditions: ['@binnacle/source'],
  // Only --dev asks for Vite, and that only runs from source.
  external: ['vite'],
  // Dependencies that are CommonJS call require() for Node's own modules.
  banner: {
    js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
  },
  sourcemap: 'linked',
  logLevel: 'warning',
});

const sizes = measure(
  join(dist, 'public'),
  JSON.parse(readFileSync(join(dist, 'public/.vite/manifest.json'), 'utf8')),
);
const problems = checkBudget(sizes);
for (const { name, bytes, limit } of sizes) {
  console.log(
    `${name.padEnd(34)} ${(bytes / 1000).toFixed(1).padStart(7)} kB  of ${(limit / 1000).toFixed(0)} kB`,
  );
}
if (problems.length > 0) {
  console.error(`\nOver budget:\n${problems.join('\n')}`);
  process.exitCode = 1;
}
