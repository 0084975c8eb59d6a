import type { ExpositionHandler, MetadataKind, SeriesRef } from '@binnacle/exposition';
import { METRIC_NAME, type FloatHistogram, type Labels } from '@binnacle/model';
import { combineHistograms, isCounterReset } from '@binnacle/promql';

/** What takes the samples. */
interface Inner extends ExpositionHandler {
  /** Counts a sample that is not to be stored. */
  hold(ref: SeriesRef): void;
}

/** A sample as it was scraped. */
interface Scraped {
  readonly value: number | FloatHistogram;
  readonly timestampMs: number;
}

/** What is known of a series that counts. */
type Counter =
  /** Its first sample waits: whether the target says when the series began is known only after it. */
  | { readonly kind: 'new'; readonly waiting: Scraped | undefined }
  /** The target says when it began. */
  | { readonly kind: 'own' }
  /** It counts from `base` (undefined: zero), which was at `startMs`. */
  | {
      readonly kind: 'synthetic';
      base: number | FloatHistogram | undefined;
      startMs: number;
      previous: number | FloatHistogram;
    };

const NEW: Counter = { kind: 'new', waiting: undefined };
const OWN: Counter = { kind: 'own' };
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['', '_total'],
  histogram: ['', '_bucket', '_count', '_sum'],
  summary: ['_count', '_sum'],
};

/**
 * Between a parser and a target's series (`st-synthesis`): gives counters a start timestamp when their target does
 * not. A series then counts from its first sample on, which is not stored: its time is the start, and its value is
 * taken off all that follow. When the value falls, the series has begun anew just before that sample, from zero.
 */
export class StartSynthesis implements ExpositionHandler {
  readonly #inner: Inner;
  readonly #honorTimestamps: boolean;
  readonly #types = new Map<string, string>();
  readonly #counters: (Counter | undefined)[] = [];
  #waiting: SeriesRef[] = [];
  #timeMs = 0;

  constructor(inner: Inner, honorTimestamps: boolean) {
    this.#inner = inner;
    this.#honorTimestamps = honorTimestamps;
  }

  /** Begins a scrape. */
  begin(timeMs: number): void {
    this.#timeMs = timeMs;
    this.#waiting = [];
  }

  /** Ends a scrape that was read to the end: series that nobody knows the start of begin here. */
  end(): void {
    for (const ref of this.#waiting) this.#anchor(ref);
  }

  /** Forgets everything, as when the target's series are gone. */
  forget(): void {
    this.#counters.length = 0;
  }

  metadata(family: string, kind: MetadataKind, text: string): void {
    if (kind === 'type') this.#types.set(family, text);
    this.#inner.metadata(family, kind, text);
  }

  series(labels: Labels, emptyNames?: readonly string[]): SeriesRef {
    const ref = this.#inner.series(labels, emptyNames);
    // Nothing is kept of a series that relabeling drops.
    if (ref > 0) this.#counters[ref] = this.#counts(labels.get(METRIC_NAME)) ? NEW : undefined;
    return ref;
  }

  sample(ref: SeriesRef, value: number, timestampMs: number): void {
    this.#take(ref, value, timestampMs);
  }

  histogram(ref: SeriesRef, histogram: FloatHistogram, timestampMs: number): void {
    this.#take(ref, histogram, timestampMs);
  }

  exemplar(ref: SeriesRef, labels: Labels, value: number, timestampMs: number): void {
    this.#inner.exemplar(ref, labels, value, timestampMs);
  }

  created(ref: SeriesRef, createdMs: number): void {
    const counter = this.#counters[ref];
    if (counter === undefined || !(createdMs > 0)) return this.#inner.created(ref, createdMs);
    this.#counters[ref] = OWN;
    // The sample before it has its synthetic start already.
    if (counter.kind === 'synthetic') return;
    if (counter.kind === 'new' && counter.waiting !== undefined)
      this.#give(ref, counter.waiting.value, counter.waiting.timestampMs);
    this.#inner.created(ref, createdMs);
  }

  #take(ref: SeriesRef, value: number | FloatHistogram, timestampMs: number): void {
    const counter = this.#counters[ref];
    if (counter === undefined || counter.kind === 'own') return this.#give(ref, value, timestampMs);
    if (counter.kind === 'new') {
      if (counter.waiting === undefined) {
        this.#counters[ref] = { kind: 'new', waiting: { value, timestampMs } };
        this.#waiting.push(ref);
        return;
      }
      // A second sample of the series in one scrape.
      this.#anchor(ref);
      return this.#take(ref, value, timestampMs);
    }
    if (isReset(value, counter.previous)) {
      counter.base = undefined;
      counter.startMs = this.#timeOf(timestampMs) - 1;
    }
    counter.previous = value;
    this.#give(ref, difference(value, counter.base), timestampMs);
    this.#inner.created(ref, counter.startMs);
  }

  #anchor(ref: SeriesRef): void {
    const counter = this.#counters[ref];
    if (counter?.kind !== 'new' || counter.waiting === undefined) return;
    const { value, timestampMs } = counter.waiting;
    const startMs = this.#timeOf(timestampMs);
    this.#counters[ref] = { kind: 'synthetic', base: value, startMs, previous: value };
    this.#inner.hold(ref);
  }

  #give(ref: SeriesRef, value: number | FloatHistogram, timestampMs: number): void {
    if (typeof value === 'number') this.#inner.sample(ref, value, timestampMs);
    else this.#inner.histogram(ref, value, timestampMs);
  }

  #timeOf(timestampMs: number): number {
    return Number.isNaN(timestampMs) || !this.#honorTimestamps ? this.#timeMs : timestampMs;
  }

  #counts(name: string): boolean {
    return Object.entries(SUFFIXES).some(([type, suffixes]) =>
      suffixes.some(
        (suffix) =>
          name.endsWith(suffix) && this.#types.get(name.slice(0, name.length - suffix.length)) === type,
      ),
    );
  }
}

/** A series that turns from floats to histograms, or back, begins anew. */
function isReset(value: number | FloatHistogram, previous: number | FloatHistogram): boolean {
  if (typeof value === 'number') return typeof previous !== 'number' || value < previous;
  return typeof previous === 'number' || isCounterReset(value, previous);
}

function difference(
  value: number | FloatHistogram,
  base: number | FloatHistogram | undefined,
): number | FloatHistogram {
  if (base === undefined) return value;
  if (typeof value === 'number') return typeof base === 'number' ? value - base : value;
  return typeof base === 'number' ? value : combineHistograms(value, base, -1).histogram;
}
