import { compress, decodeWriteV1, decompress, WriteBatch } from '@binnacle/remote-protocol';
import { expect, test } from 'vitest';
import { Fleet } from '../fleet.ts';
import { parseLoadOptions } from './loadOptions.ts';
import { atMost, checkTable, none } from './loadReport.ts';
import { PreparedSeries } from './preparedSeries.ts';

test('prepared requests say what they should', () => {
  const fleet = new Fleet(200);
  fleet.advance();
  const prepared = new PreparedSeries(fleet.labels, 150);
  const batch = new WriteBatch();
  for (const timeMs of [1_700_000_000_123, 1_795_570_000_000, 2 ** 40, 2 ** 42 - 1]) {
    for (const [from, to] of [
      [0, 150],
      [150, 200],
    ] as const) {
      const body = decompress(compress(prepared.request(from, to, timeMs, fleet.values)), 1 << 20);
      decodeWriteV1(body, batch);
      expect(batch.seriesCount).toBe(to - from);
      for (let i = 0; i < to - from; i++) {
        expect(batch.labels(i).key).toBe(fleet.labels[from + i]!.key);
        expect(batch.timestamps[i]).toBe(timeMs);
        expect(batch.values[i]).toBe(fleet.values[from + i]);
      }
    }
  }
});

test('options of the load test are whole hosts and an hour', () => {
  expect(parseLoadOptions([])).toEqual({
    series: 500_000,
    intervalSeconds: 15,
    steps: 240,
    clients: 8,
    targets: 20,
  });
  expect(parseLoadOptions(['--quick', '--series=12345', '--interval=30'])).toMatchObject({
    series: 12_400,
    steps: 120,
  });
  expect(() => parseLoadOptions(['--series=few'])).toThrow('--series: expected a whole number from 1000');
});

test('a verdict is pass up to the limit, and what happened first is shown', () => {
  const table = checkTable([
    atMost('a', 10, 10),
    atMost('b', 10, 10.1),
    none('c', 0, 5),
    none('d', 2, 5, 'why'),
    atMost('e', 10, NaN),
  ]);
  expect(table.match(/^\w .*(?:pass|FAIL)$/gm)!.map((line) => line.slice(-4))).toEqual([
    'pass',
    'FAIL',
    'pass',
    'FAIL',
    'FAIL',
  ]);
  expect(table).toContain('2 of 5: why');
});
