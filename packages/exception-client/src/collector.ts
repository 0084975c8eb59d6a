import type { PeriskopAggregate, PeriskopExport, PeriskopOccurrence, Severity } from './exportFormat.ts';
import { StackInterner } from './grouping.ts';
import { hash64 } from './hash.ts';
import { keepFields, keepHttpContext, type HttpContext } from './httpContext.ts';
import type { ResolvedOptions } from './options.ts';
import { Redactor } from './redact.ts';
import { exportSnapshot, fingerprintOf, SnapshotTaker, type Snapshot } from './snapshot.ts';
import { boundedCopy } from './text.ts';
import { randomUuid } from './uuid.ts';

/** What a caller may say about an error. */
export interface ReportOptions {
  /** Default `error`. */
  readonly severity?: Severity;
  readonly http?: HttpContext;
  readonly labels?: Readonly<Record<string, string>>;
  /** Groups by this instead of by class and frames. At most 256 characters are kept apart from a hash. */
  readonly key?: string;
}

/** Options of `export`. */
export interface ExportOptions {
  /** Fewer occurrences for each key than are kept, for a receiver that takes only so much. */
  readonly maxSamplesPerKey?: number;
}

/** The key that counts the reports of every key past `maxKeys`. */
export const OVERFLOW_KEY = 'overflow';

/** Counts reports by key and keeps the newest of each as evidence. Knows no network, no files and no process. */
export class Collector {
  readonly #options: ResolvedOptions;
  readonly #redactor: Redactor;
  readonly #snapshots: SnapshotTaker;
  readonly #aggregates = new Map<string, Aggregate>();
  readonly #targetUuid = randomUuid();
  #reports = 0;
  #retainedLength = 0;
  #droppedForSpace = 0;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#redactor = new Redactor(options.redact);
    const stacks = new StackInterner(options.stablePath, options.limits.maxStackLength);
    this.#snapshots = new SnapshotTaker(stacks, options.limits, this.#redactor);
  }

  /** Reports so far. Grows by one with each, so it also tells whether an export is still the newest. */
  get reports(): number {
    return this.#reports;
  }

  /** Occurrences given up because all of them together exceeded `limits.maxRetainedLength`. */
  get droppedForSpace(): number {
    return this.#droppedForSpace;
  }

  /** Counts one occurrence. Takes anything that can be thrown, and never throws itself. */
  report(thrown: unknown, options: ReportOptions, callSite: () => string | undefined): void {
    this.#reports++;
    const snapshot = this.#snapshots.take(thrown, callSite);
    const severity = SEVERITIES.find((known) => known === options.severity) ?? 'error';
    const aggregate = this.#aggregateFor(keyOf(snapshot, options.key), severity);
    aggregate.count++;
    aggregate.severity = worse(aggregate.severity, severity);
    if (this.#options.maxSamplesPerKey > 0) this.#keep(aggregate, this.#sample(snapshot, severity, options));
  }

  /** Everything so far, in Periskop's format. */
  export({ maxSamplesPerKey = Infinity }: ExportOptions = {}): PeriskopExport {
    const aggregates: PeriskopAggregate[] = [];
    for (const [key, { count, severity, samples, createdMs }] of this.#aggregates) {
      const shown = samples.slice(Math.max(0, samples.length - maxSamplesPerKey));
      aggregates.push({
        aggregation_key: key,
        total_count: count,
        severity,
        latest_errors: shown.map(exportSample),
        created_at: new Date(createdMs).toISOString(),
      });
    }
    return { aggregated_errors: aggregates, target_uuid: this.#targetUuid, ...this.#options.identity };
  }

  #aggregateFor(key: string, severity: Severity): Aggregate {
    const known = this.#aggregates.get(key);
    if (known !== undefined) return known;
    const hasOverflow = this.#aggregates.has(OVERFLOW_KEY);
    if (key !== OVERFLOW_KEY && this.#aggregates.size - (hasOverflow ? 1 : 0) >= this.#options.maxKeys) {
      return this.#aggregateFor(OVERFLOW_KEY, severity);
    }
    const made: Aggregate = { count: 0, severity, samples: [], createdMs: this.#options.clock.now() };
    this.#aggregates.set(key, made);
    return made;
  }

  #sample(snapshot: Snapshot, severity: Severity, { http, labels }: ReportOptions): Sample {
    const sample: Sample = {
      snapshot,
      severity,
      uuid: undefined,
      timestampMs: this.#options.clock.now(),
      http: null,
      labels: undefined,
      length: 0,
    };
    // These come from the caller, so even reading them may throw; the occurrence counts all the same.
    try {
      if (http !== undefined) sample.http = keepHttpContext(http, this.#redactor, this.#options.limits);
      if (labels !== undefined) sample.labels = keepFields(labels, undefined, this.#options.limits.maxFields);
    } catch {
      sample.labels = { ...sample.labels, binnacle_unreadable: 'http or labels' };
    }
    sample.length = textLength(sample);
    return sample;
  }

  #keep(aggregate: Aggregate, sample: Sample): void {
    const { samples } = aggregate;
    samples.push(sample);
    this.#retainedLength += sample.length;
    if (samples.length > this.#options.maxSamplesPerKey) this.#retainedLength -= samples.shift()!.length;
    while (this.#retainedLength > this.#options.limits.maxRetainedLength) this.#halveSamples();
  }

  /** Gives up the older half of every key's occurrences; the last of each only when there is nothing else. */
  #halveSamples(): void {
    const all = [...this.#aggregates.values()];
    const isLastResort = all.every(({ samples }) => samples.length <= 1);
    for (const { samples } of all) {
      const goes = isLastResort ? samples.length : samples.length >> 1;
      for (const sample of samples.splice(0, goes)) this.#retainedLength -= sample.length;
      this.#droppedForSpace += goes;
    }
  }
}

function exportSample(sample: Sample): PeriskopOccurrence {
  const { snapshot, timestampMs, severity, http, labels } = sample;
  sample.uuid ??= randomUuid();
  return {
    error: exportSnapshot(snapshot),
    uuid: sample.uuid,
    timestamp: new Date(timestampMs).toISOString(),
    severity,
    http_context: http,
    ...(labels && { labels }),
  };
}

interface Aggregate {
  count: number;
  severity: Severity;
  /** Oldest first. */
  readonly samples: Sample[];
  readonly createdMs: number;
}

interface Sample {
  readonly snapshot: Snapshot;
  readonly severity: Severity;
  /** Given when first exported: most occurrences make room for newer ones before that. */
  uuid: string | undefined;
  readonly timestampMs: number;
  http: PeriskopOccurrence['http_context'];
  labels: Record<string, string> | undefined;
  length: number;
}

/** From harmless to bad. */
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];

function worse(one: Severity, other: Severity): Severity {
  return SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other) ? one : other;
}

const MAX_KEY_LENGTH = 256;

function keyOf(snapshot: Snapshot, given: string | undefined): string {
  if (typeof given !== 'string' || given === '') return `${snapshot.className}@${fingerprintOf(snapshot)}`;
  const key = given.length > MAX_KEY_LENGTH ? `${given.slice(0, MAX_KEY_LENGTH)}@${hash64(given)}` : given;
  return boundedCopy(key, Infinity);
}

/** Length of all text in an object and the objects in it. */
function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  let length = 0;
  if (typeof value === 'object') {
    for (const name in value) length += TEXT_OVERHEAD + textLength((value as Record<string, unknown>)[name]);
  }
  return length;
}

/** What a field costs besides its text, roughly: its name in the export, quotes, a pointer. */
const TEXT_OVERHEAD = 16;
