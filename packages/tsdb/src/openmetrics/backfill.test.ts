import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Matcher, type Labels } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSampleBuffer } from '../db/series.ts';
import { ALL, countSamples, open } from '../db/storeFixture.ts';
import { backfillOpenMetrics } from './backfill.ts';

it('takes OpenMetrics text with timestamps, and refuses text without', async () => {
  using folder = tempDir('backfill');
  const store = join(folder.path, 'store');
  const backfill = (text: string): Promise<unknown> => {
    writeFileSync(join(folder.path, 'in.om'), text);
    return backfillOpenMetrics(join(folder.path, 'in.om'), store);
  };
  const text = `# HELP m Help.
m{a="x\\"y\\n}"} 1.5 1000
m{a="x\\"y\\n}"} 2.5 9000.001 # {trace_id="t"} 1
{"größe","label.name"="v"} +Inf 1000
# EOF
`;
  expect(await backfill(text)).toMatchObject({ series: 2, samples: 3 });
  const db = open(store);
  const set = db.select([new Matcher('=', 'a', 'x"y\n}')], ALL);
  const out = createSampleBuffer();
  set.read(0, out);
  expect([...out.timestamps.subarray(0, 2)]).toEqual([1_000_000, 9_000_001]);
  expect(countSamples(db)).toBe(3);
  await db.close();
  const before = readdirSync(store).sort();
  for (const [bad, message] of [
    ['m 1\n# EOF\n', /timestamp in seconds in line 1/],
    ['m 1 1\n', /# EOF/],
    ['m 1 1\n# EOF\nm 2 2\n', /nothing after # EOF in line 3/],
    ['m 1 1\n\0\n# EOF\n', /found binary data/],
    ['m{a="b} 1 1\n# EOF\n', /a closing brace in line 1/],
    [' 1 1\n# EOF\n', /name of a metric in line 1/],
    [`m 1 1\nm{a="${'x'.repeat(3 << 20)}"} 1 1\n# EOF\n`, /line 2 to end within 1 MiB/],
  ] as const) {
    await expect(backfill(bad)).rejects.toThrow(message);
    expect(readdirSync(store).sort()).toEqual(before);
  }
  await expect(backfillOpenMetrics(join(folder.path, 'none'), store)).rejects.toThrow('no such file');
});

it('stores what the text says, in whatever order and however little fits into memory', async () => {
  const sample = fc.record({
    series: fc.constantFrom('a', 'b{x="1"}', 'b{x="1",y="2"}', 'b{y="2",x="1"}', '{"b",x="1"}'),
    seconds: fc.integer({ min: 0, max: 30_000 }),
    value: fc.integer(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(sample, { maxLength: 60 }),
      fc.integer({ min: 1, max: 70 }),
      async (samples, limit) => {
        using folder = tempDir('backfill');
        const file = join(folder.path, 'in.om');
        const lines = samples.map(({ series, seconds, value }) => `${series} ${value} ${seconds}\n`);
        writeFileSync(file, `${lines.join('')}# EOF\n`);
        const model = new Map<string, number>();
        const names: Record<string, string> = {
          '{"b",x="1"}': 'b{x="1"}',
          'b{y="2",x="1"}': 'b{x="1",y="2"}',
        };
        for (const { series, seconds, value } of samples) {
          const key = `${names[series] ?? series} ${seconds}`;
          if (!model.has(key)) model.set(key, value);
        }
        const result = await backfillOpenMetrics(file, folder.path, undefined, limit);
        expect(result.samples).toBe(model.size);
        expect(result.blocks).toHaveLength(
          new Set(samples.map(({ seconds }) => Math.floor(seconds / 7200))).size,
        );
        const db = open(folder.path);
        const found = new Map<string, number>();
        const set = db.select([new Matcher('!=', '__name__', '')], ALL);
        const out = createSampleBuffer();
        for (let i = 0; i < set.length; i++) {
          set.read(i, out);
          const name = nameOf(set.labels(i));
          for (let at = 0; at < out.length; at++)
            found.set(`${name} ${out.timestamps[at]! / 1000}`, out.values[at]!);
        }
        await db.close();
        expect([...found].sort()).toEqual([...model].sort());
      },
    ),
    { numRuns: 40 },
  );
});

it('says how far it is, and leaves nothing beside the blocks, also when it is stopped', async () => {
  using folder = tempDir('backfill');
  const file = join(folder.path, 'in.om');
  const lines = Array.from({ length: 300_000 }, (_, i) => `m{i="${i % 50}"} ${i} ${1_000_000 + i}\n`);
  writeFileSync(file, `${lines.join('')}# EOF\n`);
  const store = join(folder.path, 'store');
  const shares: number[] = [];
  const { samples, blocks } = await backfillOpenMetrics(file, store, (share) => shares.push(share));
  expect([samples, blocks.length]).toEqual([300_000, 43]);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBeLessThanOrEqual(1);
  expect(readdirSync(store).filter((name) => name.includes('.tmp'))).toEqual([]);
  const stop = new Error('enough');
  const other = join(folder.path, 'other');
  const stopped = backfillOpenMetrics(file, other, (share) => {
    if (share > 0.9) throw stop;
  });
  await expect(stopped).rejects.toBe(stop);
  expect(existsSync(other) ? readdirSync(other) : []).toEqual([]);
});

function nameOf(labels: Labels): string {
  const rest = labels.without('__name__');
  return (
    labels.get('__name__') +
    (rest.size === 0 ? '' : `{${[...rest].map(([n, v]) => `${n}="${v}"`).join(',')}}`)
  );
}
