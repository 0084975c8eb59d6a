import type { Labels } from '@binnacle/model';
import { timeAt } from '../engine/grid.ts';
import type { Row } from '../engine/row.ts';
import { labelColumn, type VectorSource } from '../engine/vectorSource.ts';
import { createSampleBuffer, type LabelColumn, type SampleBuffer } from '../storage.ts';
import { SeriesColumns } from './columns.ts';
import type { RangeCall, RangeFunction, Window } from './rangeFunction.ts';
import { computeBounds, windowEnd, type Bounds, type WindowPlacement } from './windows.ts';

/** The result of a range function: each series is read once and all its windows are computed from it. */
export class RangeFunctionSource implements VectorSource {
  readonly #function: RangeFunction;
  readonly #call: RangeCall;
  readonly #columns = new SeriesColumns();
  readonly #buffer: SampleBuffer = createSampleBuffer();

  constructor(rangeFunction: RangeFunction, call: RangeCall) {
    this.#function = rangeFunction;
    this.#call = call;
  }

  get length(): number {
    return this.#call.range.length;
  }

  labels(index: number): Labels {
    return this.#call.range.labels(index);
  }

  labelColumn(name: string): LabelColumn {
    return labelColumn(this.#call.range, name);
  }

  /** Every function but first_over_time and last_over_time drops the name; dropNames() wraps those. */
  dropsName(index: number): boolean {
    return this.#call.range.dropsName(index);
  }

  read(index: number, row: Row): void {
    const call = this.#call;
    const { context, range } = call;
    context.checkInterrupted();
    call.index = index;
    range.read(index, this.#buffer);
    if (range.isSelector) context.countRead(this.#buffer.length);
    const columns = this.#columns;
    columns.load(this.#buffer, context.options.features.startTimestamps && range.isSelector);
    row.hasHistograms = false;
    const { floats, histograms } = columns;
    const fast = this.#function.floats;
    if (
      fast !== undefined &&
      histograms.length === 0 &&
      floats.startTimestamps === undefined &&
      range.extension === undefined
    ) {
      fast(floats, call.windows.bounds(floats.timestamps, floats.length), row, call);
      return;
    }
    this.#scan(row);
  }

  #scan(row: Row): void {
    const { grid, range } = this.#call;
    const { floats, histograms } = this.#columns;
    row.clear();
    const placement = samplePlacement(this.#call);
    const floatBounds = this.#bounds(placement, floats.timestamps, floats.length);
    const histogramBounds = this.#bounds(placement, histograms.timestamps, histograms.length);
    const window: Window = {
      floats,
      histograms,
      floatFrom: 0,
      floatTo: 0,
      histogramFrom: 0,
      histogramTo: 0,
      step: 0,
      timeMs: 0,
      startMs: 0,
      endMs: 0,
    };
    for (let step = 0; step < grid.count; step++) {
      if (step % 1024 === 1023) this.#call.context.checkInterrupted();
      window.floatFrom = floatBounds.from[step]!;
      window.floatTo = floatBounds.to[step]!;
      window.histogramFrom = histogramBounds.from[step]!;
      window.histogramTo = histogramBounds.to[step]!;
      if (window.floatFrom === window.floatTo && window.histogramFrom === window.histogramTo) continue;
      window.step = step;
      window.timeMs = timeAt(grid, step);
      window.endMs = windowEnd(range, grid, step);
      window.startMs = window.endMs - range.rangeMs;
      this.#function.window(window, row, this.#call);
    }
  }

  #bounds(placement: WindowPlacement, timestamps: Float64Array, length: number): Bounds {
    const { grid, range, windows } = this.#call;
    if (range.extension === undefined) return windows.bounds(timestamps, length);
    return computeBounds(timestamps, length, placement, grid);
  }
}

/** With `anchored` and `smoothed` a window also holds the samples around it, as far as the lookback. */
function samplePlacement(call: RangeCall): WindowPlacement {
  const { range, context } = call;
  const { lookbackMs } = context.options;
  const { rangeMs, offsetMs, atMs, extension } = range;
  if (extension === undefined) return range;
  const after = extension === 'smoothed' ? lookbackMs : 0;
  return { rangeMs: rangeMs + lookbackMs + after, offsetMs: offsetMs - after, atMs };
}
