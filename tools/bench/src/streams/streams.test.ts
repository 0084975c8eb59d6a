import { expect, it } from 'vitest';
import type { ShapeFigures } from './requests.ts';
import { shapeGates, streamVerdict } from './report.ts';
import { SHAPES, wrkScript } from './shapes.ts';
import { parseResult } from './wrk.ts';

const insert100 = SHAPES.find(({ name }) => name === 'insert 100')!;

it('reads what wrk saw, and shows output that has no result', () => {
  expect(parseResult('Running 3s test\nRESULT 300 3000000 2 1500 9000\n')).toEqual({
    requests: 300,
    seconds: 3,
    errors: 2,
    p50Ms: 1.5,
    p99Ms: 9,
  });
  expect(() => parseResult('unable to connect')).toThrow(/found:\nunable to connect/);
});

it('never sends the same inserts in two runs', () => {
  expect(wrkScript(insert100, 1)).toContain('local n = 1 * 1000000000');
  expect(wrkScript(insert100, 2)).toContain('local n = 2 * 1000000000');
});

it('measures by requests beside a real roshi-server, else by its recorded CPU on a machine as slow', () => {
  const [farm, roshi, lmdb] = [
    figures({ server: 'farm', requestsPerSecond: 900, ownMicros: 500, redisMicros: 1500, factor: 0.5 }),
    figures({ server: 'roshi', requestsPerSecond: 225 }),
    figures({ server: 'lmdb', requestsPerSecond: 1600 }),
  ];
  expect(shapeGates([farm, roshi])).toMatchObject([{ gate: 3, measured: 4 }]);
  expect(shapeGates([farm, lmdb])).toMatchObject([
    { gate: 3, measured: 2 },
    { gate: 150_000, measured: 160_000 },
  ]);
});

it('tells pass from goal and failure, in both directions', () => {
  const gate = { figure: 'f', gate: 10, goal: 20 };
  expect([5, 10, 20].map((measured) => streamVerdict({ ...gate, measured }))).toEqual([
    'FAIL',
    'pass',
    'goal',
  ]);
  const lower = { figure: 'f', gate: 50, goal: 25, lowerIsBetter: true };
  expect([60, 50, 25].map((measured) => streamVerdict({ ...lower, measured }))).toEqual([
    'FAIL',
    'pass',
    'goal',
  ]);
  expect(streamVerdict({ figure: 'f', gate: 3, measured: 4 })).toBe('pass');
});

function figures(some: Partial<ShapeFigures>): ShapeFigures {
  return {
    shape: insert100,
    server: 'farm',
    requestsPerSecond: 1,
    p50Ms: 1,
    p99Ms: 1,
    ownMicros: 1,
    redisMicros: 1,
    errors: 0,
    factor: 1,
    ...some,
  };
}
