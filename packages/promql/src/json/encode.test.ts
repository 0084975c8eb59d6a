import { formatGoFloat, Labels } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Engine } from '../engine/engine.ts';
import { MemoryStore } from '../memoryStore.ts';
import { parseSeriesLine } from '../promqltest/seriesLine.ts';
import { ByteWriter } from './byteWriter.ts';
import { encodeResponse, encodeValue } from './encode.ts';

const store = new MemoryStore();
for (const text of [
  'a{x="1"} 1 2.5 _ 1e-7 1e21 NaN Inf',
  'h {{schema:0 sum:5 count:7 z_bucket:1 z_bucket_w:0.5 buckets:[2 0 1] n_buckets:[3]}}',
  'c {{schema:-53 sum:5 count:7 custom_values:[1 2] buckets:[1 2 4]}}',
]) {
  const { labels, values } = parseSeriesLine(text);
  values.forEach((value, i) => value !== undefined && store.append(labels, i * 1500, value));
}
const engine = new Engine({ lookbackMs: 1000 });

it('writes floats as Go does', () => {
  const decimals = fc.integer({ min: -1e12, max: 1e12 }).map((value) => value / 1000);
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.maxSafeInteger(), decimals), (value) => {
      const magnitude = Math.abs(value);
      const format = magnitude !== 0 && (magnitude < 1e-6 || magnitude >= 1e21) ? 'e' : 'f';
      const writer = new ByteWriter(1);
      writer.float(value);
      expect(writer.finish().toString()).toBe(`"${formatGoFloat(value, format)}"`);
    }),
    { numRuns: 2000 },
  );
});

it('writes times in seconds with no or three decimals', () => {
  for (const [ms, text] of [
    [0, '0'],
    [1500, '1.500'],
    [-1, '-0.001'],
    [1_790_000_000_050, '1790000000.050'],
  ] as const) {
    const writer = new ByteWriter(8);
    writer.timestamp(ms);
    expect(writer.finish().toString()).toBe(text);
  }
});

it('writes a matrix', () => {
  const { value } = engine.range(store, { query: 'a', startMs: 0, endMs: 9000, stepMs: 1500 });
  expect(encodeValue(value).toString()).toBe(
    '{"resultType":"matrix","result":[{"metric":{"__name__":"a","x":"1"},"values":[[0,"1"],[1.500,"2.5"],' +
      '[4.500,"1e-07"],[6,"1e+21"],[7.500,"NaN"],[9,"+Inf"]]}]}',
  );
});

it('writes the same times for every series', () => {
  const times = { startMs: 0, endMs: 3000, stepMs: 1500 };
  const { value } = engine.range(store, { query: 'label_replace(a, "y", "2", "", "") or a + 1', ...times });
  const { result } = JSON.parse(encodeValue(value).toString()) as { result: { values: unknown }[] };
  expect(result.map(({ values }) => values)).toEqual([
    [
      [0, '1'],
      [1.5, '2.5'],
    ],
    [
      [0, '2'],
      [1.5, '3.5'],
    ],
  ]);
});

it('has the plan of a query that recorded one', () => {
  const query = 'label_replace(a, "y", "\u00fc", "", "")';
  const result = engine.instant(store, { query, timeMs: 0, explain: true });
  const { data } = JSON.parse(encodeResponse(result).toString()) as { data: { explain: object } };
  expect(data.explain).toMatchObject({
    expression: query,
    operation: 'call',
    series: 1,
    samples: 1,
    children: [{ expression: 'a', operation: 'vectorSelector', series: 1, samples: 1, children: [] }],
  });
});

it('writes histograms, without their empty buckets', () => {
  const { value } = engine.instant(store, { query: '{__name__=~"h|c"}', timeMs: 0 });
  expect(JSON.parse(encodeValue(value).toString())).toEqual({
    resultType: 'vector',
    result: [
      {
        metric: { __name__: 'c' },
        histogram: [
          0,
          {
            count: '7',
            sum: '5',
            buckets: [
              [3, '-Inf', '1', '1'],
              [0, '1', '2', '2'],
              [0, '2', '+Inf', '4'],
            ],
          },
        ],
      },
      {
        metric: { __name__: 'h' },
        histogram: [
          0,
          {
            count: '7',
            sum: '5',
            buckets: [
              [1, '-1', '-0.5', '3'],
              [3, '-0.5', '0.5', '1'],
              [0, '0.5', '1', '2'],
              [0, '2', '4', '1'],
            ],
          },
        ],
      },
    ],
  });
});

it('writes scalars, strings, ranges and annotations', () => {
  const answer = (query: string): unknown =>
    JSON.parse(encodeResponse(engine.instant(store, { query, timeMs: 1500 })).toString());
  expect(answer('1/0')).toEqual({
    status: 'success',
    data: { resultType: 'scalar', result: [1.5, '+Inf'] },
  });
  expect(answer('"é\\""')).toMatchObject({ data: { result: [1.5, 'é"'] } });
  expect(answer('a[2s]')).toMatchObject({
    data: {
      result: [
        {
          values: [
            [0, '1'],
            [1.5, '2.5'],
          ],
        },
      ],
    },
  });
  expect(answer('quantile_over_time(2, a[2s])')).toMatchObject({
    warnings: ['PromQL warning: quantile value should be between 0 and 1, got 2 (1:20)'],
  });
  expect(answer('rate(a[2s])')).toMatchObject({ infos: [expect.stringContaining('might not be a counter')] });
});

it('says how many annotations it leaves out', () => {
  const warnings = Array.from({ length: 12 }, (_, i) => `w${i}`);
  const result = { ...engine.instant(store, { query: '1', timeMs: 0 }), warnings };
  const body = JSON.parse(encodeResponse(result).toString()) as { warnings: string[] };
  expect(body.warnings).toHaveLength(11);
  expect(body.warnings.at(-1)).toBe('2 more warning annotations omitted');
});

it('gives labels in their order', () => {
  const labels = Labels.from({ b: '1', a: '"' });
  store.append(labels, 0, 1);
  const { value } = engine.instant(store, { query: '{b="1"}', timeMs: 0 });
  expect(encodeValue(value).toString()).toContain('{"a":"\\"","b":"1"}');
});
