import { type ExpositionHandler, type MetadataKind, type SeriesRef } from '@binnacle/exposition';
import { LabelsBuilder, METRIC_NAME, type FloatHistogram, type Labels } from '@binnacle/model';
import { relabel } from '@binnacle/service-discovery';
import type { ScrapeConfig } from '../config/serverConfig.ts';
import { MetricsServerError } from '../errors.ts';
import { CreatedZeros } from './createdZeros.ts';
import { bucketCount, withinResolution } from './histogramResolution.ts';
import { checkLabels, limitExceeded } from './scrapeLimits.ts';
import { MAX_AHEAD_MS, type Storage, type WriteBatch } from '../storage.ts';

/** The entry of every series that relabeling drops: its samples are counted and nothing else. */
const UNWANTED: SeriesRef = 0;
/** Bits of `#flags`. */
const IN_USE = 1;
/** The sample of this round is not in the batch. */
const NO_PLACE = 0xffffffff;
/** The series had a sample without a timestamp of its own: it gets a stale marker when it goes. */
const TRACKED = 2;

/**
 * The series of one target: gets what the parser reads, applies the target's labels, relabeling and limits once for
 * each series, and puts samples into a batch. Knows which series went since the scrape before.
 */
export class TargetSeries implements ExpositionHandler {
  readonly #storage: Storage;
  readonly #batch: WriteBatch;
  readonly #onMetadata: (family: string, kind: MetadataKind, text: string) => void;
  readonly #keepLabels: boolean;
  config: ScrapeConfig;
  targetLabels: Labels;
  /** By entry: the store's reference, the round in which it was last seen, flags. */
  #refs = new Float64Array(64);
  #seen = new Uint32Array(64);
  #flags = new Uint8Array(64);
  readonly #labels: (Labels | undefined)[] = [];
  /** By entry: its last exemplar without a time. */
  readonly #exemplars = new Map<number, string>();
  readonly #zeros: CreatedZeros | undefined;
  /** By entry, where start timestamps are stored: the place in the batch of its sample of this round. */
  #places: Uint32Array | undefined;
  #count = 1;
  readonly #free: number[] = [];
  #round = 1;
  #timeMs = 0;
  /** Samples that were read in this round, those that are left after relabeling, and series seen for the first time. */
  scraped = 0;
  kept = 0;
  added = 0;
  /** Samples that were refused: their own timestamps are too far ahead. */
  ahead = 0;

  constructor(options: {
    readonly storage: Storage;
    readonly batch: WriteBatch;
    readonly config: ScrapeConfig;
    readonly targetLabels: Labels;
    readonly onMetadata: (family: string, kind: MetadataKind, text: string) => void;
    /** Counters get a zero at the time when they began to count. */
    readonly createdZeros: boolean;
    /** Samples are stored with the time when their counter began to count. */
    readonly storesStarts: boolean;
    /** Exemplars need the labels of their series. */
    readonly keepLabels: boolean;
  }) {
    this.#storage = options.storage;
    this.#batch = options.batch;
    this.#onMetadata = options.onMetadata;
    this.#keepLabels = options.keepLabels;
    this.#zeros = options.createdZeros ? new CreatedZeros(options.storage) : undefined;
    this.#places = options.storesStarts ? new Uint32Array(this.#refs.length) : undefined;
    this.config = options.config;
    this.targetLabels = options.targetLabels;
  }

  /** Begins a scrape. */
  begin(timeMs: number): void {
    this.#round++;
    this.#timeMs = timeMs;
    this.scraped = 0;
    this.kept = 0;
    this.added = 0;
    this.ahead = 0;
  }

  /** Ends a scrape that was read to the end: series of the one before that are gone get a stale marker. */
  end(): void {
    const { sampleLimit } = this.config;
    if (sampleLimit > 0 && this.kept > sampleLimit) {
      throw limitExceeded(`sample_limit exceeded: more than ${sampleLimit} samples after relabeling`);
    }
    for (let entry = 1; entry < this.#count; entry++) {
      if (this.#flags[entry] !== 0 && this.#seen[entry] !== this.#round) this.#drop(entry, this.#timeMs);
    }
    this.#zeros?.commit(this.#timeMs, (entry) =>
      this.#seen[entry] === this.#round ? this.#refs[entry] : undefined,
    );
  }

  /** After a scrape that failed, or when the target goes: every series gets a stale marker and is forgotten. */
  dropAll(timeMs: number): void {
    for (let entry = 1; entry < this.#count; entry++) {
      if (this.#flags[entry] !== 0) this.#drop(entry, timeMs);
    }
    this.#count = 1;
    this.#free.length = 0;
  }

  metadata(family: string, kind: MetadataKind, text: string): void {
    this.#onMetadata(family, kind, text);
  }

  series(exposed: Labels, emptyNames: readonly string[] = []): SeriesRef {
    const labels = this.#finalLabels(exposed, emptyNames);
    if (labels === undefined) return UNWANTED;
    checkLabels(labels, this.config);
    const entry = this.#free.pop() ?? this.#count++;
    if (entry === this.#refs.length) this.#grow();
    this.#refs[entry] = this.#storage.getOrCreateSeries(labels);
    this.#seen[entry] = this.#round - 1;
    this.#flags[entry] = IN_USE;
    if (this.#keepLabels) this.#labels[entry] = labels;
    this.added++;
    return entry;
  }

  /** Counts a sample that is not to be stored. */
  hold(ref: SeriesRef): void {
    this.scraped++;
    if (ref === UNWANTED) return;
    this.kept++;
    this.#seen[ref] = this.#round;
    if (this.#places !== undefined) this.#places[ref] = NO_PLACE;
  }

  sample(ref: SeriesRef, value: number, timestampMs: number): void {
    this.scraped++;
    if (ref === UNWANTED) return;
    this.kept++;
    this.#seen[ref] = this.#round;
    let timeMs = this.#timeMs;
    // NaN is a line without a timestamp.
    if (timestampMs === timestampMs && this.config.honorTimestamps) {
      if (timestampMs > this.#timeMs + MAX_AHEAD_MS) return this.#leaveOut(ref);
      timeMs = timestampMs;
      if (this.config.trackTimestampsStaleness) this.#flags[ref]! |= TRACKED;
    } else this.#flags[ref]! |= TRACKED;
    if (this.#places !== undefined) this.#places[ref] = this.#batch.length;
    this.#batch.append(this.#refs[ref]!, timeMs, value);
  }

  histogram(ref: SeriesRef, histogram: FloatHistogram, timestampMs: number): void {
    this.scraped++;
    if (ref === UNWANTED) return;
    const { bucketLimit, maxSchema, honorTimestamps } = this.config;
    const kept = withinResolution(histogram, bucketLimit, maxSchema);
    if (kept === undefined) {
      const found = `${bucketCount(histogram)} buckets, limit ${bucketLimit}`;
      throw limitExceeded(`native_histogram_bucket_limit exceeded: ${found}`);
    }
    this.kept++;
    this.#seen[ref] = this.#round;
    this.#flags[ref]! |= TRACKED;
    const hasTime = timestampMs === timestampMs && honorTimestamps;
    if (hasTime && timestampMs > this.#timeMs + MAX_AHEAD_MS) return this.#leaveOut(ref);
    this.#zeros?.noteHistogram(ref, kept);
    if (this.#places !== undefined) this.#places[ref] = this.#batch.length;
    this.#batch.appendHistogram(this.#refs[ref]!, hasTime ? timestampMs : this.#timeMs, kept);
  }

  exemplar(ref: SeriesRef, labels: Labels, value: number, timestampMs: number): void {
    const series = this.#labels[ref];
    if (series === undefined) return;
    if (!Number.isNaN(timestampMs)) {
      this.#batch.appendExemplar(series, labels, value, timestampMs);
      return;
    }
    // Without a time of its own it is a new one only when it says something new.
    const text = `${labels.key}${value}`;
    if (this.#exemplars.get(ref) === text) return;
    this.#exemplars.set(ref, text);
    this.#batch.appendExemplar(series, labels, value, this.#timeMs);
  }

  created(ref: SeriesRef, createdMs: number): void {
    if (ref === UNWANTED || !(createdMs > 0)) return;
    this.#zeros?.note(ref, createdMs);
    if (this.#places === undefined || this.#seen[ref] !== this.#round) return;
    const place = this.#places[ref]!;
    if (place !== NO_PLACE) this.#batch.setStart(place, createdMs);
  }

  #leaveOut(ref: SeriesRef): void {
    this.ahead++;
    if (this.#places !== undefined) this.#places[ref] = NO_PLACE;
  }

  #drop(entry: number, timeMs: number): void {
    if ((this.#flags[entry]! & TRACKED) !== 0) this.#batch.appendStale(this.#refs[entry]!, timeMs);
    this.#flags[entry] = 0;
    this.#labels[entry] = undefined;
    this.#exemplars.delete(entry);
    this.#zeros?.forget(entry);
    this.#free.push(entry);
  }

  /** The labels that a series is stored under; undefined when relabeling drops it. */
  #finalLabels(exposed: Labels, emptyNames: readonly string[]): Labels | undefined {
    const builder = new LabelsBuilder(exposed);
    for (const [name, value] of this.targetLabels) {
      const own = exposed.get(name);
      if (own === '') {
        // With honor_labels, a label that is there and empty is the target's word, too.
        if (!this.config.honorLabels || !emptyNames.includes(name)) builder.set(name, value);
      } else if (!this.config.honorLabels) {
        let renamed = `exported_${name}`;
        while (builder.get(renamed) !== '' || this.targetLabels.has(renamed)) renamed = `exported_${renamed}`;
        builder.set(renamed, own).set(name, value);
      }
    }
    const relabeled = relabel(builder.build(), this.config.metricRelabels);
    if (relabeled === undefined) return undefined;
    if (relabeled.get(METRIC_NAME) === '') {
      throw new MetricsServerError(
        'METRICS_SCRAPE_LIMIT',
        `series without a metric name after metric_relabel_configs: ${relabeled.toString()}`,
      );
    }
    return relabeled;
  }

  #grow(): void {
    const size = 2 * this.#refs.length;
    this.#refs = extended(this.#refs, new Float64Array(size));
    this.#seen = extended(this.#seen, new Uint32Array(size));
    this.#flags = extended(this.#flags, new Uint8Array(size));
    if (this.#places !== undefined) this.#places = extended(this.#places, new Uint32Array(size));
  }
}

function extended<A extends Float64Array | Uint32Array | Uint8Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
