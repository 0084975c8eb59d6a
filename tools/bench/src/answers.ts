import { Labels } from '@binnacle/model';

const RELATIVE_TOLERANCE = 1e-9;
const LISTED = 5;

type Point = readonly [time: number, value: string];

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
}

/** A response body of the HTTP API: query, query_range, series or label values. */
export interface ApiAnswer {
  readonly status: string;
  readonly data:
    { readonly result: readonly Series[] } | readonly (string | Readonly<Record<string, string>>)[];
}

/**
 * What differs between two answers, the first few in words: other label sets, other times, or values further apart
 * than 1e-9 of the larger. The order of series is not compared. Empty when the answers agree.
 */
export function answerDifferences(ours: ApiAnswer, theirs: ApiAnswer): string[] {
  const a = pointsByLabels(ours);
  const b = pointsByLabels(theirs);
  const differences: string[] = [];
  for (const key of a.keys()) if (!b.has(key)) differences.push(`only ours has ${key}`);
  for (const [key, expected] of b) {
    const found = a.get(key);
    if (found === undefined) differences.push(`ours has no ${key}`);
    else differences.push(...pointDifferences(key, found, expected));
  }
  if (differences.length <= LISTED) return differences;
  return [...differences.slice(0, LISTED), `and ${differences.length - LISTED} more`];
}

function pointsByLabels({ status, data }: ApiAnswer): Map<string, readonly Point[]> {
  if (status !== 'success') throw new Error(`expected an answer with status success, found ${status}`);
  if (!('result' in data)) {
    return new Map(data.map((item) => [typeof item === 'string' ? item : Labels.from(item).toString(), []]));
  }
  return new Map(
    data.result.map(({ metric, value, values }) => [
      Labels.from(metric).toString(),
      values ?? (value === undefined ? [] : [value]),
    ]),
  );
}

function pointDifferences(key: string, ours: readonly Point[], theirs: readonly Point[]): string[] {
  if (ours.length !== theirs.length) {
    return [`${key} has ${ours.length} points and should have ${theirs.length}`];
  }
  const at = ours.findIndex(([time, value], i) => {
    const [expectedTime, expected] = theirs[i]!;
    return time !== expectedTime || !closeEnough(numberOf(value), numberOf(expected));
  });
  if (at < 0) return [];
  const [time, value] = ours[at]!;
  const [expectedTime, expected] = theirs[at]!;
  return [`${key} is ${value} at ${time} and should be ${expected} at ${expectedTime}`];
}

function closeEnough(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= RELATIVE_TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}
