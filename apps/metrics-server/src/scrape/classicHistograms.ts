import type { ExpositionHandler, MetadataKind, SeriesRef } from '@binnacle/exposition';
import {
  customBucketHistogram,
  LabelsBuilder,
  METRIC_NAME,
  parseGoFloat,
  type FloatHistogram,
  type Labels,
} from '@binnacle/model';

/** References from here on are parts of classic histograms; those below are the target's own. */
const FIRST_PART = 2 ** 30;
const SUFFIX = /^(.+)_(bucket|count|sum)$/;

/** One line of a classic histogram. */
interface Part {
  readonly group: Group;
  readonly kind: 'bucket' | 'count' | 'sum';
  readonly upperBound: number;
  /** The series of the line itself, where it is kept as well. */
  readonly ref: SeriesRef | undefined;
  round: number;
  value: number;
}

/** The lines that are one histogram: those with equal labels but for `le`. */
interface Group {
  readonly key: string;
  readonly labels: Labels;
  readonly parts: Map<number, Part>;
  ref: SeriesRef | undefined;
  round: number;
  timestampMs: number;
  createdMs: number;
}

/**
 * Between a parser and a target's series: makes a native histogram with custom buckets of every classic one
 * (`convert_classic_histograms_to_nhcb`). Lines whose counts do not fit together make none, and a histogram that is
 * native already stays as it is.
 */
export class ClassicHistograms implements ExpositionHandler {
  readonly #inner: ExpositionHandler;
  /** True: the classic series are stored as well. */
  readonly #keepsClassic: boolean;
  readonly #types = new Map<string, string>();
  readonly #groups = new Map<string, Group>();
  readonly #parts = new Map<number, Part>();
  readonly #native = new Map<SeriesRef, string>();
  #nativeNow = new Set<string>();
  #nextPart = FIRST_PART;
  #round = 1;

  constructor(inner: ExpositionHandler, keepsClassic: boolean) {
    this.#inner = inner;
    this.#keepsClassic = keepsClassic;
  }

  /** Begins a scrape. */
  begin(): void {
    this.#round++;
    this.#nativeNow = new Set();
  }

  /** Ends a scrape that was read to the end: hands the histograms on. */
  end(): void {
    for (const group of this.#groups.values()) {
      if (group.round !== this.#round) {
        this.#forgetGroup(group);
        continue;
      }
      for (const [ref, part] of group.parts) {
        if (part.round === this.#round) continue;
        group.parts.delete(ref);
        this.#parts.delete(ref);
      }
      const parts = [...group.parts.values()];
      const histogram = this.#nativeNow.has(group.key) ? undefined : histogramOf(parts);
      if (histogram === undefined) {
        // A series without a sample in a scrape ends with it.
        group.ref = undefined;
        continue;
      }
      group.ref ??= this.#inner.series(group.labels);
      this.#inner.histogram(group.ref, histogram, group.timestampMs);
      if (!Number.isNaN(group.createdMs)) this.#inner.created(group.ref, group.createdMs);
    }
  }

  /** Forgets everything, as when the target's series are gone. */
  forget(): void {
    this.#groups.clear();
    this.#parts.clear();
    this.#native.clear();
  }

  metadata(family: string, kind: MetadataKind, text: string): void {
    if (kind === 'type') this.#types.set(family, text);
    this.#inner.metadata(family, kind, text);
  }

  series(labels: Labels, emptyNames?: readonly string[]): SeriesRef {
    const [, base, kind] = SUFFIX.exec(labels.get(METRIC_NAME)) ?? [];
    if (base === undefined || this.#types.get(base) !== 'histogram') {
      const ref = this.#inner.series(labels, emptyNames);
      if (this.#types.get(labels.get(METRIC_NAME)) === 'histogram') this.#native.set(ref, labels.key);
      else this.#native.delete(ref);
      return ref;
    }
    const upperBound = kind === 'bucket' ? parseGoFloat(labels.get('le')) : 0;
    if (upperBound === undefined) return this.#inner.series(labels, emptyNames);
    const groupLabels = new LabelsBuilder(labels).set(METRIC_NAME, base).delete('le').build();
    const group = this.#groupOf(groupLabels);
    const ref = this.#nextPart++;
    const own = this.#keepsClassic ? this.#inner.series(labels, emptyNames) : undefined;
    const part: Part = { group, kind: kind as Part['kind'], upperBound, ref: own, round: 0, value: 0 };
    group.parts.set(ref, part);
    this.#parts.set(ref, part);
    return ref;
  }

  sample(ref: SeriesRef, value: number, timestampMs: number): void {
    if (ref < FIRST_PART) return this.#inner.sample(ref, value, timestampMs);
    const part = this.#parts.get(ref)!;
    part.round = this.#round;
    part.value = value;
    part.group.round = this.#round;
    part.group.timestampMs = timestampMs;
    if (part.ref !== undefined) this.#inner.sample(part.ref, value, timestampMs);
  }

  exemplar(ref: SeriesRef, labels: Labels, value: number, timestampMs: number): void {
    const part = this.#parts.get(ref);
    if (part === undefined) return this.#inner.exemplar(ref, labels, value, timestampMs);
    part.group.ref ??= this.#inner.series(part.group.labels);
    this.#inner.exemplar(part.group.ref, labels, value, timestampMs);
    if (part.ref !== undefined) this.#inner.exemplar(part.ref, labels, value, timestampMs);
  }

  histogram(ref: SeriesRef, histogram: FloatHistogram, timestampMs: number): void {
    const key = this.#native.get(ref);
    if (key !== undefined) this.#nativeNow.add(key);
    this.#inner.histogram(ref, histogram, timestampMs);
  }

  created(ref: SeriesRef, createdMs: number): void {
    const part = this.#parts.get(ref);
    if (part === undefined) return this.#inner.created(ref, createdMs);
    part.group.createdMs = createdMs;
    if (part.ref !== undefined) this.#inner.created(part.ref, createdMs);
  }

  #groupOf(labels: Labels): Group {
    let group = this.#groups.get(labels.key);
    if (group === undefined) {
      group = {
        key: labels.key,
        labels,
        parts: new Map(),
        ref: undefined,
        round: 0,
        timestampMs: NaN,
        createdMs: NaN,
      };
      this.#groups.set(labels.key, group);
    }
    return group;
  }

  #forgetGroup(group: Group): void {
    this.#groups.delete(group.key);
    for (const ref of group.parts.keys()) this.#parts.delete(ref);
  }
}

/** Undefined when the counts go down from one bound to the next, or there is nothing but a sum. */
function histogramOf(parts: readonly Part[]): FloatHistogram | undefined {
  const buckets = parts.filter(({ kind }) => kind === 'bucket').sort((a, b) => a.upperBound - b.upperBound);
  const infinite = buckets.at(-1)?.upperBound === Infinity ? buckets.pop()!.value : undefined;
  const count = parts.find(({ kind }) => kind === 'count')?.value ?? infinite ?? buckets.at(-1)?.value;
  if (count === undefined) return undefined;
  const cumulative = [...buckets.map(({ value }) => value), infinite ?? count];
  const positiveBuckets = Float64Array.from(cumulative, (value, i) => value - (cumulative[i - 1] ?? 0));
  if (cumulative.at(-1) !== count || positiveBuckets.some((value) => !(value >= 0))) return undefined;
  return customBucketHistogram({
    bounds: Float64Array.from(buckets, ({ upperBound }) => upperBound),
    buckets: positiveBuckets,
    count,
    sum: parts.find(({ kind }) => kind === 'sum')?.value ?? 0,
  });
}
