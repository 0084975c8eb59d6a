import type { Labels } from '@binnacle/model';
import type { Head } from '../head/head.ts';
import { decodeLabelBytes, LabelByteCache } from '../head/labelBytes.ts';
import { SAMPLE_STATUS } from '../head/sampleStatus.ts';
import type { MetricMetadata } from '../wal/records.ts';
import type { Batch, CommitResult } from './batch.ts';
import { checkLabels } from './checkLabels.ts';
import type { ExemplarRing } from './exemplars.ts';
import type { Journal } from './journal.ts';
import type { CommittedBatch } from './options.ts';

/** Makes series and puts batches into the log, then into the head. */
export class Writer {
  readonly #head: Head;
  readonly #journal: Journal;
  readonly #exemplars: ExemplarRing;
  readonly #metadata: Map<string, MetricMetadata>;
  readonly #onCommit: (commit: CommittedBatch) => void;
  readonly #labelBytes: LabelByteCache;
  /** Samples since the store was opened. */
  stored = 0;
  refused = 0;

  constructor(
    head: Head,
    journal: Journal,
    exemplars: ExemplarRing,
    metadata: Map<string, MetricMetadata>,
    onCommit: (commit: CommittedBatch) => void,
  ) {
    this.#onCommit = onCommit;
    this.#head = head;
    this.#journal = journal;
    this.#exemplars = exemplars;
    this.#metadata = metadata;
    this.#labelBytes = new LabelByteCache(head.memory.table, (ref) => head.seriesOf(ref));
  }

  create(labels: Labels): number {
    checkLabels(labels);
    const ref = this.#head.create(labels);
    this.#journal.define(ref, labels);
    return ref;
  }

  getOrCreateFromBytes(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#labelBytes.find(bytes, start, end);
    if (known !== undefined) return known;
    const labels = decodeLabelBytes(bytes, start, end);
    const ref = this.#head.find(labels) ?? this.create(labels);
    this.#labelBytes.add(bytes, start, end, ref);
    return ref;
  }

  /** To be called when series were freed. */
  forgetSeries(): void {
    this.#labelBytes.clear();
  }

  commit(batch: Batch): CommitResult {
    const { samples, exemplars, metadata } = batch;
    const statuses = new Uint8Array(samples.length);
    let maxTime = -Infinity;
    for (let i = 0; i < samples.length; i++) if (samples.times[i]! > maxTime) maxTime = samples.times[i]!;
    this.#journal.logBatch(batch, maxTime);
    const stored = this.#head.apply(samples, statuses);
    const refused: number[] = [];
    if (stored < samples.length) {
      for (let i = 0; i < statuses.length; i++) if (statuses[i]! > SAMPLE_STATUS.duplicate) refused.push(i);
      if (refused.length > 0) this.#journal.logRefused(refused);
    }
    const newExemplars = exemplars.filter((exemplar) => this.#exemplars.add(exemplar));
    for (const [name, value] of metadata) this.#metadata.set(name, value);
    this.stored += stored;
    this.refused += refused.length;
    this.#onCommit({ samples, statuses, exemplars: newExemplars });
    return { statuses, stored, refused: refused.length };
  }
}
