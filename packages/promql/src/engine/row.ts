import type { FloatHistogram } from '@binnacle/model';

/** What a row holds at a step. */
export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** The values of one series at every step of a grid. Whoever fills a row fills `kinds` for all steps. */
export class Row {
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  /** Histograms where the kind says so; anything elsewhere. */
  readonly histograms: (FloatHistogram | undefined)[];
  /** False promises that no step is a histogram. */
  hasHistograms = false;

  /** Takes over arrays of one length, or makes new ones. */
  constructor(
    steps: number,
    values: Float64Array = new Float64Array(steps),
    kinds: Uint8Array = new Uint8Array(steps),
    histograms: (FloatHistogram | undefined)[] = [],
  ) {
    this.values = values;
    this.kinds = kinds;
    this.histograms = histograms;
    this.hasHistograms = histograms.length > 0;
  }

  get steps(): number {
    return this.values.length;
  }

  /** Forgets everything. */
  clear(): void {
    this.kinds.fill(ABSENT);
    this.hasHistograms = false;
  }

  setFloat(step: number, value: number): void {
    this.values[step] = value;
    this.kinds[step] = FLOAT;
  }

  setHistogram(step: number, histogram: FloatHistogram): void {
    this.histograms[step] = histogram;
    this.kinds[step] = HISTOGRAM;
    this.hasHistograms = true;
  }

  /** Copies one step of another row. */
  copyStep(step: number, from: Row, fromStep = step): void {
    const kind = from.kinds[fromStep]!;
    if (kind === FLOAT) this.setFloat(step, from.values[fromStep]!);
    else if (kind === HISTOGRAM) this.setHistogram(step, from.histograms[fromStep]!);
    else this.kinds[step] = ABSENT;
  }

  copyFrom(from: Row): void {
    this.values.set(from.values);
    this.kinds.set(from.kinds);
    this.hasHistograms = from.hasHistograms;
    if (!from.hasHistograms) return;
    for (let step = 0; step < from.steps; step++) this.histograms[step] = from.histograms[step];
  }

  /** True when no step has a value. */
  get isEmpty(): boolean {
    return this.kinds.every((kind) => kind === ABSENT);
  }
}
