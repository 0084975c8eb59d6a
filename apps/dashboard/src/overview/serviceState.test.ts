import { expect, test } from 'vitest';
import type { ExceptionStatus, ExceptionSummary, ServiceSummary } from '../api/types.ts';
import { addUp, rankServices } from './serviceState.ts';
import { clusterMarks } from './marks.ts';

const service = (name: string, up: number, total: number, newExceptions = 0, count = 0): ServiceSummary => ({
  name,
  exceptions: 1,
  newExceptions,
  count,
  targets: { up, total },
  lastSeen: null,
});
const item = (name: string, status: ExceptionStatus, count = 1): ExceptionSummary =>
  ({ service: name, status, count, sparkline: [count, 0] }) as unknown as ExceptionSummary;

test('the worst service comes first, and every state has its word', () => {
  const rows = rankServices(
    [
      service('quiet', 2, 2),
      service('half', 1, 2),
      service('ongoing', 2, 2),
      service('pushed', 0, 0),
      service('regressed', 2, 2),
      service('fresh', 2, 2, 3, 10),
      service('dead', 0, 2, 0, 99),
    ],
    [item('ongoing', 'ongoing'), item('regressed', 'regressed'), item('quiet', 'resolved')],
  );
  expect(rows.map(({ summary, tone, word }) => [summary.name, tone, word])).toEqual([
    ['dead', 'error', 'Down'],
    ['fresh', 'error', '3 new'],
    ['regressed', 'error', '1 regressed'],
    ['half', 'warn', '1 down'],
    ['ongoing', 'warn', 'Ongoing'],
    ['pushed', 'unknown', 'No targets'],
    ['quiet', 'ok', 'Quiet'],
  ]);
});

test('an exception that does not happen in the window does not make its service ongoing', () => {
  expect(rankServices([service('a', 1, 1)], [item('a', 'ongoing', 0)])[0]!.word).toBe('Quiet');
});

test('addUp sums lists of different lengths', () => {
  expect(
    addUp([
      [1, 2],
      [10, 20, 30],
    ]),
  ).toEqual([11, 22, 30]);
  expect(addUp([])).toEqual([]);
});

test('marks that would overlap become one, at the time of its first', () => {
  const range = { from: 0, to: 1000 };
  const marks = clusterMarks([990, 10, 40, 500, 2000], (ms) => ms, range, 10);
  expect(marks.map(({ at, members }) => [at, members])).toEqual([
    [0.01, [10, 40]],
    [0.5, [500]],
    [0.99, [990]],
  ]);
});
