import { expect, test } from 'vitest';
import { tableOf, toCsv } from './tableRows.ts';

test('CSV quotes commas, quotes and line breaks, and leaves a cell empty for a missing label', () => {
  const result = tableOf({
    resultType: 'vector',
    result: [
      { metric: { __name__: 'm', b: 'x,"y"\nz' }, value: [1, '1.5'] },
      { metric: { __name__: 'm', a: 'plain' }, value: [1, '+Inf'] },
    ],
  });
  expect(toCsv(result)).toBe('__name__,a,b,value\r\nm,,"x,""y""\nz",1.5\r\nm,plain,,+Inf\r\n');
});

test('every type of result is a table', () => {
  expect(tableOf({ resultType: 'scalar', result: [1, '3'] }).rows).toEqual([{ labels: {}, value: '3' }]);
  const ranges = tableOf({
    resultType: 'matrix',
    result: [{ metric: { a: 'b' }, values: [[1, '2'], [3, '4']] }], // prettier-ignore
  });
  expect(ranges.rows[0]!.value).toBe('2 @1\n4 @3');
  const histograms = tableOf({
    resultType: 'vector',
    result: [{ metric: {}, histogram: [1, { count: '3', sum: '4.5' }] }],
  });
  expect(histograms.rows[0]!.value).toBe('histogram: count 3, sum 4.5');
});
