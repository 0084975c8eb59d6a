import type { FloatHistogram, Labels } from '@binnacle/model';
import type { SampleBuffer } from '@binnacle/promql';
import { SAMPLE_STATUS, type CommittedBatch } from '@binnacle/tsdb';

/** More wait at no time: what comes then is not sent. */
const MAX_SAMPLES = 1_000_000;
const MAX_EXEMPLARS = 10_000;

/** Samples of one series that came into the store late. */
interface LateSeries {
  readonly times: number[];
  readonly words: number[];
  readonly histograms: (FloatHistogram | undefined)[];
  readonly starts: number[];
}

/** An exemplar, and when it came. */
interface ArrivedExemplar {
  readonly arrivedMs: number;
  readonly seriesLabels: Labels;
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

/**
 * What a sender cannot find by going forward in time: samples older than where it is (out of order, backfilled, or
 * federated from a server that lags), and exemplars.
 */
export class Arrivals {
  readonly #withExemplars: boolean;
  #late = new Map<number, LateSeries>();
  #exemplars: ArrivedExemplar[] = [];
  #samples = 0;
  /** Samples and exemplars that were too many to keep. */
  dropped = 0;

  constructor(withExemplars: boolean) {
    this.#withExemplars = withExemplars;
  }

  /** Looks at a commit at `nowMs`: keeps the samples from `fromMs` up to `passedMs`, and the exemplars. */
  note(
    { samples, statuses, exemplars }: CommittedBatch,
    fromMs: number,
    passedMs: number,
    nowMs: number,
  ): void {
    const { length, times } = samples;
    for (let i = 0; i < length; i++) {
      const timeMs = times[i]!;
      if (timeMs > passedMs || timeMs < fromMs || statuses[i] !== SAMPLE_STATUS.accepted) continue;
      if (this.#samples >= MAX_SAMPLES) this.dropped++;
      else this.#add(samples, i);
    }
    if (!this.#withExemplars) return;
    for (const { seriesLabels, labels, value, timestampMs } of exemplars) {
      if (this.#exemplars.length >= MAX_EXEMPLARS) this.dropped++;
      else this.#exemplars.push({ arrivedMs: nowMs, seriesLabels, labels, value, timestampMs });
    }
  }

  /** Takes the late samples out, each series with its samples by time. */
  *takeSamples(): IterableIterator<readonly [ref: number, samples: SampleBuffer]> {
    const late = this.#late;
    this.#late = new Map();
    this.#samples = 0;
    for (const [ref, series] of late) yield [ref, inOrder(series)];
  }

  /** Takes out the exemplars that came before a time: by then, the samples of their series have been sent. */
  takeExemplars(beforeMs: number): readonly ArrivedExemplar[] {
    const ready = this.#exemplars.findIndex(({ arrivedMs }) => arrivedMs > beforeMs);
    return this.#exemplars.splice(0, ready < 0 ? this.#exemplars.length : ready);
  }

  #add({ refs, times, words, histograms, starts }: CommittedBatch['samples'], index: number): void {
    const ref = refs[index]!;
    let series = this.#late.get(ref);
    if (series === undefined) {
      series = { times: [], words: [], histograms: [], starts: [] };
      this.#late.set(ref, series);
    }
    series.times.push(times[index]!);
    series.words.push(words[2 * index]!, words[2 * index + 1]!);
    series.histograms.push(histograms.get(index)?.histogram);
    series.starts.push(starts?.[index] ?? 0);
    this.#samples++;
  }
}

function inOrder({ times, words, histograms, starts }: LateSeries): SampleBuffer {
  const length = times.length;
  const order = times.map((_, i) => i).sort((a, b) => times[a]! - times[b]!);
  const values = new Float64Array(length);
  const sorted = new Uint32Array(values.buffer);
  for (const [to, from] of order.entries()) {
    sorted[2 * to] = words[2 * from]!;
    sorted[2 * to + 1] = words[2 * from + 1]!;
  }
  const hasHistograms = histograms.some((histogram) => histogram !== undefined);
  return {
    length,
    timestamps: Float64Array.from(order, (from) => times[from]!),
    values,
    histograms: hasHistograms ? order.map((from) => histograms[from]) : undefined,
    startTimestamps: starts.some((start) => start !== 0)
      ? Float64Array.from(order, (from) => starts[from]!)
      : undefined,
  };
}
