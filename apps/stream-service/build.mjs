// Bundles the server into dist/stream-service.mjs; lmdb, which is native, goes beside it with what it needs.
import { cpSync, existsSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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

rmSync('dist/node_modules', { recursive: true, force: true });
copyPackage('lmdb', process.cwd(), new Set());

/** Copies an installed package and, from where it finds them, its dependencies; optional ones that are not here stay out. */
function copyPackage(name, from, copied) {
  const folder = findPackage(name, from);
  if (folder === undefined || copied.has(name)) return;
  copied.add(name);
  cpSync(folder, join('dist/node_modules', name), {
    recursive: true,
    filter: (path) => !path.slice(folder.length).includes('node_modules'),
  });
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies }))
    copyPackage(needed, folder, copied);
}

function findPackage(name, from) {
  for (let folder = from; ; folder = join(folder, '..')) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (folder === join(folder, '..')) return undefined;
  }
}
