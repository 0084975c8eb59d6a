import type { FloatHistogram, Labels } from '@binnacle/model';
import type { Grid } from '../engine/grid.ts';
import type { QueryValue } from '../engine/result.ts';
import { timeAt } from '../engine/grid.ts';
import { FLOAT, HISTOGRAM, type Row } from '../engine/row.ts';
import { compact, countsOf } from '../histogram/buckets.ts';
import { histogramText } from '../histogram/text.ts';
import type { EvalCommand } from './script.ts';
import type { SequenceValue } from './seriesLine.ts';

/** How far a float may be from the expected one, relative to both. */
const TOLERANCE = 1e-6;

/** A sample of a result. */
interface Sample {
  readonly ms: number;
  readonly value: number | FloatHistogram;
}

/** Says how a result differs from what a script expects; undefined when it does not. */
export function compareResult(value: QueryValue, command: EvalCommand): string | undefined {
  if (value.type === 'string') {
    return value.value === command.string
      ? undefined
      : `expected string ${command.string}, got ${value.value}`;
  }
  if (value.type === 'scalar') {
    return almostEqual(value.value, command.scalar ?? NaN)
      ? undefined
      : `expected scalar ${command.scalar}, got ${value.value}`;
  }
  if (command.scalar !== undefined) return `expected scalar ${command.scalar}, got a ${value.type}`;
  const got = value.type === 'vector' ? vectorSamples(value, command.startMs) : matrixSamples(value);
  const ordered = command.expectations.some(({ kind }) => kind === 'ordered');
  return compareSeries(got, command, ordered);
}

/** The time of an instant vector is that of the evaluation, whichever one it was repeated at. */
function vectorSamples(
  value: Extract<QueryValue, { type: 'vector' }>,
  timeMs: number,
): Map<string, [Labels, Sample[]]> {
  return new Map(value.series.map(({ labels, row }) => [labels.key, [labels, samplesOf(row, () => timeMs)]]));
}

function matrixSamples(value: Extract<QueryValue, { type: 'matrix' }>): Map<string, [Labels, Sample[]]> {
  const at = (grid: Grid, times: Float64Array | undefined) => (step: number) =>
    times === undefined ? timeAt(grid, step) : times[step]!;
  return new Map(
    value.series.map(({ labels, row, timestamps }) => [
      labels.key,
      [labels, samplesOf(row, at(value.grid, timestamps))],
    ]),
  );
}

function samplesOf(row: Row, time: (step: number) => number): Sample[] {
  const samples: Sample[] = [];
  for (let step = 0; step < row.steps; step++) {
    if (row.kinds[step] === FLOAT) samples.push({ ms: time(step), value: row.values[step]! });
    if (row.kinds[step] === HISTOGRAM) samples.push({ ms: time(step), value: row.histograms[step]! });
  }
  return samples;
}

function compareSeries(
  got: ReadonlyMap<string, [Labels, Sample[]]>,
  command: EvalCommand,
  ordered: boolean,
): string | undefined {
  const startMs = command.rangeVector?.startMs ?? command.startMs;
  const stepMs = command.rangeVector?.stepMs ?? command.stepMs;
  const order = [...got.keys()];
  const expectedKeys = new Set<string>();
  for (const [place, line] of command.series.entries()) {
    const expected = line.values.flatMap((value, i) =>
      value === undefined ? [] : [{ ms: startMs + i * stepMs, value, hint: line.hintsWritten.has(i) }],
    );
    if (expected.length === 0) continue;
    const { key } = line.labels;
    expectedKeys.add(key);
    const samples = got.get(key)?.[1];
    if (samples === undefined) return `expected series ${line.labels.toString()}, got ${names(got)}`;
    if (ordered && order[place] !== key) return `expected ${line.labels.toString()} at place ${place + 1}`;
    const inRange = expected.filter(
      ({ ms }) => stepMs === 0 || ms <= (command.rangeVector?.endMs ?? command.endMs),
    );
    if (inRange.length !== samples.length) {
      return `expected ${inRange.length} samples of ${line.labels.toString()}, got ${samples.length}: ${show(samples)}`;
    }
    for (const [i, { ms, value, hint }] of inRange.entries()) {
      const sample = samples[i]!;
      if (sample.ms === ms && sameValue(sample.value, value, hint)) continue;
      return `expected ${line.labels.toString()} ${text(value)} at ${ms}, got ${text(sample.value)} at ${sample.ms}`;
    }
  }
  for (const [key, [labels, samples]] of got) {
    if (!expectedKeys.has(key)) return `unexpected series ${labels.toString()} ${show(samples)}`;
  }
  return undefined;
}

function names(got: ReadonlyMap<string, [Labels, Sample[]]>): string {
  return [...got.values()].map(([labels]) => labels.toString()).join(' ') || 'nothing';
}

function show(samples: readonly Sample[]): string {
  return samples.map(({ value }) => text(value)).join(' ');
}

function text(value: SequenceValue): string {
  return typeof value === 'object' ? `${histogramText(value)} ${value.counterResetHint}` : String(value);
}

function sameValue(got: number | FloatHistogram, expected: SequenceValue, withHint: boolean): boolean {
  if (typeof got === 'number' || typeof expected !== 'object') {
    return typeof got === 'number' && typeof expected === 'number' && almostEqual(got, expected);
  }
  return sameHistogram(got, expected, withHint);
}

/** Whether two histograms have the same counts, within the tolerance; with `withHint` also the same reset hint. */
export function sameHistogram(one: FloatHistogram, other: FloatHistogram, withHint: boolean): boolean {
  const [a, b] = [compact(one), compact(other)];
  return (
    a.schema === b.schema &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    almostEqual(a.zeroThreshold, b.zeroThreshold) &&
    a.customValues.length === b.customValues.length &&
    a.customValues.every((bound, i) => almostEqual(bound, b.customValues[i]!)) &&
    sameCounts(countsOf(a.positiveSpans, a.positiveBuckets), countsOf(b.positiveSpans, b.positiveBuckets)) &&
    sameCounts(countsOf(a.negativeSpans, a.negativeBuckets), countsOf(b.negativeSpans, b.negativeBuckets)) &&
    (!withHint || a.counterResetHint === b.counterResetHint)
  );
}

function sameCounts(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  if (a.size !== b.size) return false;
  for (const [index, count] of a) {
    const other = b.get(index);
    if (other === undefined || !almostEqual(count, other)) return false;
  }
  return true;
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const difference = Math.abs(a - b);
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0) return difference < TOLERANCE * 2 ** -1022;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
