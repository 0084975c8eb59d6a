import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { runCrashTest } from './runCrashTest.ts';

it('loses nothing that was acknowledged when the process is killed', { timeout: 120_000 }, async () => {
  using folder = tempDir('crash');
  const report = await runCrashTest(folder.path, 8, () => {});
  expect(report.steps).toBeGreaterThan(100);
});
