import { expect, test } from 'vitest';
import { answerDifferences, type ApiAnswer } from './answers.ts';

function vector(...series: [metric: Record<string, string>, value: string][]): ApiAnswer {
  return {
    status: 'success',
    data: { result: series.map(([metric, value]) => ({ metric, value: [1, value] })) },
  };
}

function matrix(...values: [time: number, value: string][]): ApiAnswer {
  return { status: 'success', data: { result: [{ metric: { a: 'b' }, values }] } };
}

test('the order of series and labels, and the last digit of a float, are no difference', () => {
  const ours = vector([{ a: '1', b: '2' }, '0.30000000000000004'], [{ a: '2' }, 'NaN']);
  const theirs = vector([{ a: '2' }, 'NaN'], [{ b: '2', a: '1' }, '0.3']);
  expect(answerDifferences(ours, theirs)).toEqual([]);
});

test('values further apart than 1e-9 differ, infinities and NaN only equal themselves', () => {
  expect(answerDifferences(vector([{}, '1']), vector([{}, '1.00000001']))).toEqual([
    '{} is 1 at 1 and should be 1.00000001 at 1',
  ]);
  expect(answerDifferences(vector([{}, '+Inf']), vector([{}, '+Inf']))).toEqual([]);
  expect(answerDifferences(vector([{}, '+Inf']), vector([{}, '-Inf']))).toHaveLength(1);
  expect(answerDifferences(vector([{}, '+Inf']), vector([{}, '1']))).toHaveLength(1);
  expect(answerDifferences(vector([{}, 'NaN']), vector([{}, '1']))).toHaveLength(1);
});

test('missing and extra series are named', () => {
  expect(answerDifferences(vector([{ a: '1' }, '1']), vector([{ a: '2' }, '1']))).toEqual([
    'only ours has {a="1"}',
    'ours has no {a="2"}',
  ]);
});

test('points are compared by number, time and value', () => {
  const theirs = matrix([1, '1'], [2, '2']);
  expect(answerDifferences(matrix([1, '1'], [2, '2']), theirs)).toEqual([]);
  expect(answerDifferences(matrix([1, '1']), theirs)).toEqual(['{a="b"} has 1 points and should have 2']);
  expect(answerDifferences(matrix([1, '1'], [3, '2']), theirs)).toHaveLength(1);
  expect(answerDifferences(matrix([1, '1'], [2, '3']), theirs)).toHaveLength(1);
});

test('label values and series are compared as sets', () => {
  const list = (...data: (string | Record<string, string>)[]): ApiAnswer => ({ status: 'success', data });
  expect(answerDifferences(list('b', 'a'), list('a', 'b'))).toEqual([]);
  expect(answerDifferences(list('a'), list('a', 'b'))).toEqual(['ours has no b']);
  expect(answerDifferences(list({ a: '1' }), list({ a: '1' }))).toEqual([]);
});

test('a long list of differences is cut and counted', () => {
  const many = vector(
    ...Array.from({ length: 9 }, (_, i): [Record<string, string>, string] => [{ i: `${i}` }, '1']),
  );
  expect(answerDifferences(vector(), many).at(-1)).toBe('and 4 more');
});

test('a failure is an error, not an empty answer', () => {
  expect(() => answerDifferences({ status: 'error', data: [] }, vector())).toThrow('found error');
});
