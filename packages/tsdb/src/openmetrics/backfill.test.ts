import { Matcher } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { createSampleBuffer } from '../db/series.ts';
import { ALL, countSamples, open } from '../db/storeFixture.ts';
import { backfillOpenMetrics } from './backfill.ts';

it('takes OpenMetrics text with timestamps, and refuses text without', async () => {
  using folder = tempDir('backfill');
  const text = `# HELP m Help.
m{a="x\\"y\\n"} 1.5 1000
m{a="x\\"y\\n"} 2.5 9000.001 # {trace_id="t"} 1
{"größe","label.name"="v"} +Inf 1000
# EOF
`;
  expect(await backfillOpenMetrics(text, folder.path)).toMatchObject({ series: 2, samples: 3 });
  const db = open(folder.path);
  const set = db.select([new Matcher('=', 'a', 'x"y\n')], ALL);
  const out = createSampleBuffer();
  set.read(0, out);
  expect([...out.timestamps.subarray(0, 2)]).toEqual([1_000_000, 9_000_001]);
  expect(countSamples(db)).toBe(3);
  await db.close();
  await expect(backfillOpenMetrics('m 1\n# EOF\n', folder.path)).rejects.toThrow(
    /timestamp in seconds in line 1/,
  );
  await expect(backfillOpenMetrics('m 1 1\n', folder.path)).rejects.toThrow(/# EOF/);
});
