import { describe, expect, it } from 'vitest';
import { axisTime, shortNumber, timeTicks, valueTicks } from './scale.js';
import { otherPanels, parseEnd, parseRange, printState, readState, stepOf } from './state.js';

describe('the address of the page', () => {
  it('is what links of Prometheus have', () => {
    expect(readState('?g0.expr=up+%3D%3D+0&g0.tab=1')).toEqual({
      expr: 'up == 0',
      tab: 'table',
      range: '1h',
      end: '',
      step: '',
    });
    expect(
      readState(
        '?g0.expr=a&g0.tab=0&g0.range_input=6h&g0.end_input=2026-01-31%2012%3A00%3A00&g0.step_input=30',
      ),
    ).toEqual({ expr: 'a', tab: 'graph', range: '6h', end: '2026-01-31 12:00:00', step: '30' });
    expect(readState('?g0.expr=a&g0.moment_input=2026-01-31')).toMatchObject({ end: '2026-01-31' });
    expect(readState('')).toMatchObject({ expr: '', tab: 'table' });
    expect(otherPanels('?g0.expr=a&g1.expr=b&g2.expr=c&g2.tab=0')).toBe(2);
  });

  it.each([
    { expr: 'a{b="c&d"}', tab: 'graph', range: '6h', end: '2026-01-31 12:00:00', step: '15' },
    { expr: 'up', tab: 'table', range: '1h', end: '2026-01-31', step: '' },
  ] as const)('is read as it was printed: $tab', (state) => {
    expect(readState(printState(state))).toEqual(state);
  });
});

describe('times', () => {
  it('are durations as in PromQL, and times in UTC', () => {
    expect(['90s', '1h30m', '1d', '500ms'].map(parseRange)).toEqual([90, 5400, 86_400, 0.5]);
    for (const text of ['', '0s', '1', '5x', '30m1h'])
      expect(() => parseRange(text)).toThrow('Range: expected');
    expect(parseEnd('', 7)).toBe(7);
    for (const text of [
      '2026-01-31 12:00:00',
      '2026-01-31T12:00',
      '2026-01-31T13:00:00+01:00',
      '1769860800',
    ]) {
      expect(parseEnd(text, 0)).toBe(1_769_860_800);
    }
    expect(parseEnd('2026-01-31', 0)).toBe(1_769_817_600);
    expect(() => parseEnd('yesterday', 0)).toThrow('Time: expected');
    expect([stepOf('', 3600), stepOf('', 60), stepOf('30', 3600)]).toEqual([14, 1, 30]);
  });

  it('and values get round ticks', () => {
    expect(valueTicks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(timeTicks(7190, 10_810, 4)).toEqual([7200, 9000, 10_800]);
    expect([0, 999.96, 12_345, 0.25, 1e-7, 3e20, NaN, -Infinity].map(shortNumber)).toEqual([
      '0',
      '1000',
      '12.35k',
      '0.25',
      '1.00e-7',
      '3.00e+20',
      'NaN',
      '-Inf',
    ]);
    expect([axisTime(86_400, 7200), axisTime(90_000, 7200), axisTime(90_001, 60)]).toEqual([
      '01-02',
      '01:00',
      '01:00:01',
    ]);
  });
});
