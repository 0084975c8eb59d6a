import type { Labels } from '@binnacle/model';
import type { Span } from '../parser/span.ts';
import { quote } from '../text/goText.ts';
import type { Queryable } from '../storage.ts';
import { Annotations } from './annotations.ts';
import type { Grid } from './grid.ts';
import type { EngineOptions } from './options.ts';
import { QueryError, WorkLimitError } from './queryError.ts';
import { PlanRecorder } from './explain.ts';
import { estimateWork } from './estimateWork.ts';

/** One Int32 that is not zero once the query shall stop; shared memory when the query runs in a worker. */
export type CancelFlag = Int32Array;

export interface QueryStats {
  /** Samples that were read from the store. */
  samplesRead: number;
  /** Most samples held at one time. */
  peakSamples: number;
  /** Most bytes held at one time, in rows and results. */
  peakBytes: number;
  seriesRead: number;
}

/** Everything that the parts of one running query share. */
export class QueryContext {
  readonly options: EngineOptions;
  readonly store: Queryable;
  /** The whole query's grid, for start(), end(), step() and range(). */
  readonly queryGrid: Grid;
  readonly isRange: boolean;
  readonly annotations = new Annotations();
  readonly stats: QueryStats = { samplesRead: 0, peakSamples: 0, peakBytes: 0, seriesRead: 0 };
  readonly recorder: PlanRecorder | undefined;
  readonly #deadline: number;
  readonly #timeoutMs: number;
  readonly #cancel: CancelFlag | undefined;
  readonly #maxWork: number;
  #work = 0;
  #heldBytes = 0;
  #heldSamples = 0;
  #ticks = 0;

  constructor(fields: {
    readonly options: EngineOptions;
    readonly store: Queryable;
    readonly queryGrid: Grid;
    readonly isRange: boolean;
    readonly timeoutMs?: number | undefined;
    readonly cancel?: CancelFlag | undefined;
    readonly explain?: boolean | undefined;
    readonly maxWork?: number | undefined;
  }) {
    this.options = fields.options;
    this.store = fields.store;
    this.queryGrid = fields.queryGrid;
    this.isRange = fields.isRange;
    this.recorder = fields.explain === true ? new PlanRecorder() : undefined;
    this.#timeoutMs = Math.min(fields.timeoutMs ?? Infinity, fields.options.limits.timeoutMs);
    this.#deadline = performance.now() + this.#timeoutMs;
    this.#cancel = fields.cancel;
    this.#maxWork = fields.maxWork ?? Infinity;
  }

  get rangeMs(): number {
    return (this.queryGrid.count - 1) * this.queryGrid.stepMs;
  }

  /** Throws when the query was canceled or has run out of time. Called once a series. */
  checkInterrupted(): void {
    if (this.#cancel !== undefined && Atomics.load(this.#cancel, 0) !== 0) {
      throw new QueryError('query was canceled in expression evaluation', 'PROMQL_CANCELED');
    }
    if (++this.#ticks % 16 === 1 && performance.now() > this.#deadline) {
      throw new QueryError('query timed out in expression evaluation', 'PROMQL_TIMEOUT');
    }
  }

  /** True where a query is given up for a thread once it proves to be much work. */
  get isWorkLimited(): boolean {
    return this.#maxWork < Infinity;
  }

  /** Throws WorkLimitError when a selection of so many series would be too much. */
  checkWork(series: number, spanMs: number, steps: number): void {
    if (this.#work + estimateWork(series, spanMs, steps) > this.#maxWork) throw new WorkLimitError();
  }

  /** Notes what a selection found before any of it is read, and throws WorkLimitError when that is too much. */
  countSelected(series: number, spanMs: number, steps: number): void {
    this.checkWork(series, spanMs, steps);
    this.#work += estimateWork(series, spanMs, steps);
  }

  /** Notes that memory is held until the query ends, and throws when that is too much. */
  hold(samples: number, bytes: number): void {
    this.#heldSamples += samples;
    this.#heldBytes += bytes;
    this.#checkHeld(0);
  }

  /** Bytes of decoded samples kept for a second reader. */
  keptBytes = 0;

  keep(samples: number): void {
    this.keptBytes += samples * 16;
    this.hold(samples, samples * 16);
  }

  release(samples: number, bytes: number): void {
    this.#heldSamples -= samples;
    this.#heldBytes -= bytes;
  }

  /** Notes the samples of a series being read, which are let go when the next one is. */
  countRead(samples: number): void {
    this.stats.samplesRead += samples;
    this.stats.seriesRead++;
    this.#checkHeld(samples);
  }

  #checkHeld(passing: number): void {
    const { maxSamples, maxMemoryBytes } = this.options.limits;
    const samples = this.#heldSamples + passing;
    if (samples > this.stats.peakSamples) this.stats.peakSamples = samples;
    if (this.#heldBytes > this.stats.peakBytes) this.stats.peakBytes = this.#heldBytes;
    if (samples > maxSamples) {
      const text = 'query processing would load too many samples into memory in query execution';
      throw new QueryError(text, 'PROMQL_TOO_MANY_SAMPLES');
    }
    if (this.#heldBytes > maxMemoryBytes) {
      const text = `query needs more than its limit of ${maxMemoryBytes} bytes of memory; narrow it or shorten its range`;
      throw new QueryError(text, 'PROMQL_TOO_MUCH_MEMORY');
    }
  }

  warn(text: string, span: Span): void {
    this.annotations.add('warning', text, span);
  }

  info(text: string, span: Span): void {
    this.annotations.add('info', text, span);
  }

  warnMixedFloatsHistograms(labels: Labels, span: Span): void {
    this.warn(`encountered a mix of histograms and floats for metric name ${metricName(labels)}`, span);
  }

  warnMixedSchemas(labels: Labels, span: Span): void {
    const mix = 'vector contains a mix of histograms with exponential and custom buckets schemas';
    this.warn(`${mix} for metric name ${metricName(labels)}`, span);
  }

  infoIgnoredHistograms(labels: Labels, span: Span): void {
    const text = 'ignored histograms in a range containing both floats and histograms for metric name';
    this.info(`${text} ${metricName(labels)}`, span);
  }

  warnCollision(operation: 'addition' | 'subtraction' | 'aggregation', span: Span): void {
    this.warn(`conflicting counter resets during histogram ${operation}`, span);
  }

  infoReconciled(operation: 'addition' | 'subtraction' | 'aggregation', span: Span): void {
    this.info(`mismatched custom buckets were reconciled during ${operation}`, span);
  }
}

export function metricName(labels: Labels): string {
  return quote(labels.get('__name__'));
}

/** ` for metric name "x"`, or nothing for a series without a name. */
export function forMetricName(labels: Labels): string {
  const name = labels.get('__name__');
  return name === '' ? '' : ` for metric name ${quote(name)}`;
}
