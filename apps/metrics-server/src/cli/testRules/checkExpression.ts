import { formatGoFloat, Labels, parseGoFloat, type FloatHistogram } from '@binnacle/model';
import {
  FLOAT,
  histogramText,
  ParseError,
  QueryError,
  sameHistogram,
  type QueryValue,
} from '@binnacle/promql';
import { seriesText } from '@binnacle/exposition';
import { messageOf } from '../../errors.ts';
import { parseHistogramText, parseLabels } from './inputSeries.ts';
import { timeText, type TestFailure } from './testFailure.ts';
import type { ExprTestSection } from './testFile.ts';

interface Sample {
  readonly labels: Labels;
  readonly value: number | FloatHistogram;
}

/** About the last bits of a double: what another order of a sum may change. */
const FUZZY = 1e-15;

/** Compares the result of an expression with the samples that a test expects, in any order. */
export function checkExpression(
  test: ExprTestSection,
  evaluate: (query: string) => QueryValue,
  fuzzy: boolean,
): TestFailure[] {
  const what = `expression ${JSON.stringify(test.expr)}, ${timeText(test.eval_time)}`;
  let found: Sample[];
  let expected: Sample[];
  try {
    found = samplesOf(evaluate(test.expr));
    expected = (test.exp_samples ?? []).map(({ labels = '', value = '0', histogram = '' }) => ({
      labels: parseLabels(labels),
      value: histogram === '' ? parseValue(value) : parseHistogramText(histogram),
    }));
  } catch (error) {
    const isOurs = error instanceof ParseError || error instanceof QueryError;
    return [{ what, message: isOurs ? `the query fails: ${error.message}` : messageOf(error) }];
  }
  expected.sort(byLabels);
  found.sort(byLabels);
  const same =
    expected.length === found.length && expected.every((sample, i) => isSame(sample, found[i]!, fuzzy));
  if (same) return [];
  return [
    {
      what,
      message: 'other samples than expected',
      expected: expected.map(sampleText),
      found: found.map(sampleText),
    },
  ];
}

/** A number as YAML and Go write it: `.inf` is `Inf`. */
function parseValue(text: string): number {
  const value = parseGoFloat(text.replace(/^([+-]?)\.(inf|nan)$/i, '$1$2'));
  if (value !== undefined) return value;
  throw new Error(`value: expected a number, found ${JSON.stringify(text)}`);
}

function samplesOf(value: QueryValue): Sample[] {
  if (value.type === 'scalar') return [{ labels: Labels.from({}), value: value.value }];
  if (value.type !== 'vector') {
    throw new Error(`expected an expression whose result is a vector or a scalar, found a ${value.type}`);
  }
  return value.series.map(({ labels, row }) => ({
    labels,
    value: row.kinds[0] === FLOAT ? row.values[0]! : row.histograms[0]!,
  }));
}

/** As in promtool, NaN equals nothing, unless the comparison is fuzzy. */
function isSame(a: Sample, b: Sample, fuzzy: boolean): boolean {
  if (a.labels.key !== b.labels.key) return false;
  if (typeof a.value === 'object' || typeof b.value === 'object') {
    return (
      typeof a.value === 'object' && typeof b.value === 'object' && sameHistogram(a.value, b.value, false)
    );
  }
  if (!fuzzy || a.value === b.value) return a.value === b.value;
  if (Number.isNaN(a.value)) return Number.isNaN(b.value);
  return Math.abs(a.value - b.value) <= FUZZY * Math.max(Math.abs(a.value), Math.abs(b.value));
}

function byLabels(a: Sample, b: Sample): number {
  return Labels.compare(a.labels, b.labels);
}

function sampleText({ labels, value }: Sample): string {
  return `${seriesText(labels) || '{}'} ${typeof value === 'number' ? formatGoFloat(value) : histogramText(value)}`;
}
