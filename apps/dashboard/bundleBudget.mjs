import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Sizes that the first visit costs, against what they may cost (kB = 1000 bytes, gzip; fonts as they are).
 * @typedef {{ name: string, bytes: number, limit: number }} Size
 */

/**
 * Reads the built files that the manifest of Vite names.
 * @param {string} folder dist/public
 * @param {Record<string, { file: string, isEntry?: boolean, imports?: string[], css?: string[] }>} manifest
 * @returns {Size[]}
 */
export function measure(folder, manifest) {
  const chunks = Object.values(manifest);
  const gzip = (files) =>
    [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);
  const scripts = new Set(chunks.map(({ file }) => file).filter((file) => file.endsWith('.js')));
  const styles = new Set(
    chunks.flatMap(({ file, css = [] }) => [...css, file]).filter((file) => file.endsWith('.css')),
  );
  const fonts = chunks.map(({ file }) => file).filter((file) => file.endsWith('.woff2'));
  return [
    { name: 'Shell and overview, scripts', bytes: gzip(withImports(manifest)), limit: 170_000 },
    { name: 'Charts, lazy', bytes: gzip(chunkOf(manifest, 'src/charts/LineCanvas.tsx')), limit: 32_000 },
    {
      name: 'Query editor, lazy',
      bytes: gzip(chunkOf(manifest, 'src/metrics/PromqlEditor.tsx')),
      limit: 150_000,
    },
    { name: 'Whole app, scripts', bytes: gzip(scripts), limit: 420_000 },
    { name: 'Whole app, styles', bytes: gzip(styles), limit: 25_000 },
    {
      name: 'Fonts',
      bytes: fonts.reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0),
      limit: 55_000,
    },
  ];
}

/** @param {Size[]} sizes */
export function checkBudget(sizes) {
  return sizes
    .filter(({ bytes, limit }) => bytes > limit)
    .map(({ name, bytes, limit }) => `${name}: ${bytes} bytes, the limit is ${limit}`);
}

/** The script of a part that is loaded when it is needed. */
function chunkOf(manifest, source) {
  const chunk = manifest[source];
  if (chunk === undefined)
    throw new Error(`expected ${source} to be a chunk of its own; it is not in the manifest`);
  return [chunk.file];
}

/** The scripts that the entry loads before anything is drawn. */
function withImports(manifest) {
  const found = new Set();
  const visit = (key) => {
    const { file, imports = [] } = manifest[key];
    if (found.has(file)) return;
    found.add(file);
    imports.forEach(visit);
  };
  Object.keys(manifest)
    .filter((key) => manifest[key].isEntry)
    .forEach(visit);
  return found;
}
