import type { FloatHistogram, Labels } from '@binnacle/model';
import type { Subquery } from '../parser/ast.ts';
import type { RangeVector } from '../range/rangeVector.ts';
import type { SampleBuffer } from '../storage.ts';
import { positiveDurationMs } from './durations.ts';
import { lastTime, timeAt, type Grid } from './grid.ts';
import type { QueryContext } from './queryContext.ts';
import { QueryError } from './queryError.ts';
import { FLOAT, HISTOGRAM, Row } from './row.ts';
import { placementOf } from './selectors.ts';
import type { VectorSource } from './vectorSource.ts';

/**
 * An expression evaluated on a grid of its own, as samples for a range function. The grid is aligned to absolute
 * time, so that the same times are evaluated whenever the query runs.
 */
export function evaluateSubquery(
  node: Subquery,
  grid: Grid,
  context: QueryContext,
  evaluate: (grid: Grid) => VectorSource,
): RangeVector {
  const rangeMs = positiveDurationMs(node.rangeMs, node.rangeExpr, context);
  const { offsetMs, atMs } = placementOf(node, context);
  const inner = innerGrid(node, grid, rangeMs, offsetMs, atMs, context);
  const source = inner.count === 0 ? undefined : evaluate(inner);
  const times = Float64Array.from({ length: inner.count }, (_, step) => timeAt(inner, step));
  const reader = new SubqueryReader(source, times);
  return {
    rangeMs,
    offsetMs,
    atMs,
    extension: undefined,
    isSelector: false,
    span: node.span,
    length: source?.length ?? 0,
    labels: (index): Labels => source!.labels(index),
    dropsName: (index) => source!.dropsName(index),
    read: (index, buffer) => reader.read(index, buffer),
  };
}

function innerGrid(
  node: Subquery,
  grid: Grid,
  rangeMs: number,
  offsetMs: number,
  atMs: number | undefined,
  context: QueryContext,
): Grid {
  const written = positiveDurationMs(node.stepMs, node.stepExpr, context);
  const stepMs = written === 0 ? context.options.subqueryStepMs : written;
  const before = (atMs ?? grid.startMs) - offsetMs - rangeMs;
  const startMs = (Math.floor(before / stepMs) + 1) * stepMs;
  const endMs = (atMs ?? lastTime(grid)) - offsetMs;
  const count = endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1;
  const { maxSteps } = context.options.limits;
  if (count > maxSteps) {
    throw new QueryError(
      `subquery has ${count} steps, the limit is ${maxSteps}; use a longer step or a shorter range`,
      'PROMQL_TOO_MANY_SAMPLES',
    );
  }
  return { startMs, stepMs, count };
}

/** Rows as samples. Rows without gaps share one array of timestamps. */
class SubqueryReader {
  readonly #source: VectorSource | undefined;
  readonly #times: Float64Array;
  readonly #row: Row;

  constructor(source: VectorSource | undefined, times: Float64Array) {
    this.#source = source;
    this.#times = times;
    this.#row = new Row(times.length);
  }

  read(index: number, buffer: SampleBuffer): void {
    const row = this.#row;
    this.#source!.read(index, row);
    buffer.startTimestamps = undefined;
    const { kinds } = row;
    let present = 0;
    for (let step = 0; step < kinds.length; step++) if (kinds[step] !== 0) present++;
    buffer.length = present;
    if (present === kinds.length) {
      buffer.timestamps = this.#times;
      buffer.values = row.values;
      buffer.histograms = row.hasHistograms ? histogramsOf(row) : undefined;
      return;
    }
    buffer.timestamps = new Float64Array(present);
    buffer.values = new Float64Array(present);
    const histograms: (FloatHistogram | undefined)[] = [];
    let at = 0;
    for (let step = 0; step < kinds.length; step++) {
      const kind = kinds[step];
      if (kind === FLOAT) buffer.values[at] = row.values[step]!;
      else if (kind === HISTOGRAM) histograms[at] = withoutHint(row.histograms[step]!);
      else continue;
      buffer.timestamps[at++] = this.#times[step]!;
    }
    buffer.histograms = row.hasHistograms ? histograms : undefined;
  }
}

function histogramsOf(row: Row): (FloatHistogram | undefined)[] {
  return Array.from(row.kinds, (kind, step) =>
    kind === HISTOGRAM ? withoutHint(row.histograms[step]!) : undefined,
  );
}

/** A hint speaks of the sample before in the store, which need not be the one before in the subquery. */
function withoutHint(histogram: FloatHistogram): FloatHistogram {
  if (histogram.counterResetHint === 'gauge') return histogram;
  return { ...histogram, counterResetHint: 'unknown' };
}
