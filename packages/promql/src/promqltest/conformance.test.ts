import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedReference } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { runScript } from './runScript.ts';

const folder = sharedReference('promqltest');

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
