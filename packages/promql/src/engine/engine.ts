import { Labels } from '@binnacle/model';
import { typeOf, unwrapParens, type Expr } from '../parser/ast.ts';
import { TYPE_NAMES } from '../parser/functions.ts';
import { ParseCache } from '../parser/parseCache.ts';
import { SeriesColumns } from '../range/columns.ts';
import type { RangeVector } from '../range/rangeVector.ts';
import { computeBounds } from '../range/windows.ts';
import { createSampleBuffer, type Queryable } from '../storage.ts';
import { Evaluator } from './evaluator.ts';
import type { Grid } from './grid.ts';
import { hasDuplicates, mergeEqual, removeMarkedNames, withoutName } from './names.ts';
import { DEFAULT_OPTIONS, type EngineOptions } from './options.ts';
import { QueryContext, type CancelFlag } from './queryContext.ts';
import { duplicateLabelset, QueryError } from './queryError.ts';
import type { MatrixSeries, QueryResult, QueryValue } from './result.ts';
import { Row } from './row.ts';
import { materialize } from './vectorSource.ts';

/** What a query may say about how it is to be run. */
export interface QuerySettings {
  readonly lookbackMs?: number | undefined;
  /** At most the engine's own limit. */
  readonly timeoutMs?: number | undefined;
  /** Any other thread may set the flag to stop the query. */
  readonly cancel?: CancelFlag | undefined;
  /** Records the plan. */
  readonly explain?: boolean | undefined;
  /**
   * Samples and steps that the query may go through, as estimated from what it selects: beyond that it throws
   * WorkLimitError before it has read more.
   */
  readonly maxWork?: number | undefined;
}

export interface InstantQuery extends QuerySettings {
  readonly query: string;
  readonly timeMs: number;
}

export interface RangeQuery extends QuerySettings {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Evaluates PromQL. Between queries it keeps how their texts parse and nothing else. */
export class Engine {
  readonly options: EngineOptions;
  readonly #parsed: ParseCache;

  constructor(options: Partial<EngineOptions> = {}) {
    this.options = { ...DEFAULT_OPTIONS, ...options };
    this.#parsed = new ParseCache(this.options.features);
  }

  /** A query at one time. Throws ParseError and QueryError. */
  instant(store: Queryable, request: InstantQuery): QueryResult {
    const expr = this.#parsed.parse(request.query);
    const grid: Grid = { startMs: request.timeMs, stepMs: 1, count: 1 };
    return this.#run(expr, grid, false, store, request);
  }

  /** A query at every step from start to end, both included. Throws ParseError and QueryError. */
  range(store: Queryable, request: RangeQuery): QueryResult {
    const expr = this.#parsed.parse(request.query);
    const type = typeOf(expr);
    if (type !== 'scalar' && type !== 'vector') {
      const found = `invalid expression type ${JSON.stringify(TYPE_NAMES[type])} for range query`;
      throw new QueryError(`${found}, must be Scalar or instant Vector`, 'PROMQL_BAD_RANGE');
    }
    return this.#run(expr, rangeGrid(request, this.options.limits.maxSteps), true, store, request);
  }

  #run(
    expr: Expr,
    grid: Grid,
    isRange: boolean,
    store: Queryable,
    request: QuerySettings & { readonly query: string },
  ): QueryResult {
    const lookbackMs = request.lookbackMs ?? this.options.lookbackMs;
    const options = lookbackMs === this.options.lookbackMs ? this.options : { ...this.options, lookbackMs };
    const { timeoutMs, cancel, explain, maxWork } = request;
    const context = new QueryContext({
      options,
      store,
      queryGrid: grid,
      isRange,
      timeoutMs,
      cancel,
      explain,
      maxWork,
    });
    context.checkInterrupted();
    const value = evaluate(expr, grid, isRange, context);
    return {
      value,
      warnings: context.annotations.texts('warning', request.query),
      infos: context.annotations.texts('info', request.query),
      stats: context.stats,
      plan: context.recorder?.root,
    };
  }
}

function rangeGrid(request: RangeQuery, maxSteps: number): Grid {
  const { startMs, endMs, stepMs } = request;
  if (!(stepMs > 0)) {
    throw new QueryError('expected a step above zero in a range query', 'PROMQL_BAD_RANGE');
  }
  if (!(endMs >= startMs)) {
    throw new QueryError('end timestamp must not be before start time', 'PROMQL_BAD_RANGE');
  }
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count > maxSteps) {
    throw new QueryError(
      `range query has ${count} steps, the limit is ${maxSteps}; use a longer step or a shorter range`,
      'PROMQL_BAD_RANGE',
    );
  }
  return { startMs, stepMs, count };
}

function evaluate(expr: Expr, grid: Grid, isRange: boolean, context: QueryContext): QueryValue {
  const evaluator = new Evaluator(context, expr);
  const inner = unwrapParens(expr);
  switch (typeOf(expr)) {
    case 'string':
      return { type: 'string', timeMs: grid.startMs, value: inner.kind === 'string' ? inner.value : '' };
    case 'scalar': {
      const values = evaluator.scalar(expr, grid);
      if (!isRange) return { type: 'scalar', timeMs: grid.startMs, value: values[0]! };
      const row = new Row(grid.count);
      values.forEach((value, step) => row.setFloat(step, value));
      return { type: 'matrix', grid, series: [{ labels: Labels.from({}), row, timestamps: undefined }] };
    }
    case 'matrix':
      return { type: 'matrix', grid, series: rangeResult(evaluator.range(expr, grid), grid, context) };
    case 'vector': {
      const series = vectorResult(expr, evaluator, grid, context);
      if (!isRange) return { type: 'vector', timeMs: grid.startMs, series };
      const sorted = [...series].sort((a, b) => Labels.compare(a.labels, b.labels));
      return { type: 'matrix', grid, series: sorted.map((one) => ({ ...one, timestamps: undefined })) };
    }
  }
}

function vectorResult(
  expr: Expr,
  evaluator: Evaluator,
  grid: Grid,
  context: QueryContext,
): readonly { readonly labels: Labels; readonly row: Row }[] {
  const source = removeMarkedNames(evaluator.vector(expr, grid), grid, context);
  const list = materialize(source, grid.count, context);
  const series = list.series.filter(({ row }) => !row.isEmpty);
  const duplicates = hasDuplicates(series.map(({ labels }) => labels));
  const merged = duplicates ? mergeEqual(list, grid, false).series : series;
  return merged.map(({ labels, row }) => ({ labels, row }));
}

/** The samples of a range selector or subquery as the result of an instant query. */
function rangeResult(range: RangeVector, grid: Grid, context: QueryContext): MatrixSeries[] {
  const buffer = createSampleBuffer();
  const columns = new SeriesColumns();
  const series: MatrixSeries[] = [];
  for (let i = 0; i < range.length; i++) {
    context.checkInterrupted();
    range.read(i, buffer);
    context.hold(buffer.length, buffer.length * 17);
    columns.load(buffer, false);
    const samples = samplesInRange(columns, range, grid);
    if (samples === undefined) continue;
    const labels = range.dropsName(i) ? withoutName(range.labels(i)) : range.labels(i);
    series.push({ labels, ...samples });
  }
  if (hasDuplicates(series.map(({ labels }) => labels))) throw duplicateLabelset();
  return series;
}

function samplesInRange(
  columns: SeriesColumns,
  range: RangeVector,
  grid: Grid,
): { readonly row: Row; readonly timestamps: Float64Array } | undefined {
  const { floats, histograms } = columns;
  const ofFloats = computeBounds(floats.timestamps, floats.length, range, grid);
  const ofHistograms = computeBounds(histograms.timestamps, histograms.length, range, grid);
  let f = ofFloats.from[0]!;
  let h = ofHistograms.from[0]!;
  const total = ofFloats.to[0]! - f + ofHistograms.to[0]! - h;
  if (total === 0) return undefined;
  const row = new Row(total);
  const timestamps = new Float64Array(total);
  for (let at = 0; at < total; at++) {
    const takeFloat =
      h >= ofHistograms.to[0]! || (f < ofFloats.to[0]! && floats.timestamps[f]! < histograms.timestamps[h]!);
    if (takeFloat) {
      timestamps[at] = floats.timestamps[f]!;
      row.setFloat(at, floats.values[f++]!);
    } else {
      timestamps[at] = histograms.timestamps[h]!;
      row.setHistogram(at, histograms.histograms[h++]!);
    }
  }
  return { row, timestamps };
}
