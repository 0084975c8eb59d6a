import { glob, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Files that patterns name, sorted within each pattern, each once. A name without wildcards must exist. */
export async function expandGlobs(patterns: readonly string[], baseDir: string): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : join(baseDir, pattern);
    if (!/[*?[]/.test(pattern)) {
      files.add(path);
      continue;
    }
    const found: string[] = [];
    for await (const file of glob(path)) if ((await stat(file)).isFile()) found.push(file);
    for (const file of found.sort()) files.add(file);
  }
  return [...files];
}
