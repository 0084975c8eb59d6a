import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScript } from './runScript.ts';

const folder = findCases();

const title = "Prometheus's conformance cases";

describe.skipIf(folder === undefined)(
  folder === undefined ? `${title} (../shared/promqltest is not here)` : title,
  () => {
    const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.test'));
    it.each(files)('%s', (name) => {
      const evaluations = runScript(readFileSync(join(folder!, name), 'utf8'));
      const failures = evaluations
        .filter(({ failure }) => failure !== undefined)
        .map(({ line, query, failure }) => `${name}:${line}: ${query}\n    ${failure}`);
      expect(failures.join('\n')).toBe('');
      expect(evaluations.length).toBeGreaterThan(0);
    });
  },
);

/** `../shared/promqltest` beside the repository, or undefined where it does not exist. */
function findCases(): string | undefined {
  for (let at = resolve(import.meta.dirname); at !== resolve(at, '..'); at = resolve(at, '..')) {
    const candidate = join(at, 'shared', 'promqltest');
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}
