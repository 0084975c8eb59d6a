import { LabelsBuilder, METRIC_NAME, type Labels } from '@binnacle/model';
import type { Storage, WriteBatch } from '../storage.ts';

/** What a scrape says about itself. */
export interface ScrapeReport {
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly scraped: number;
  readonly kept: number;
  readonly added: number;
  readonly timeoutSeconds: number;
  readonly sampleLimit: number;
  readonly bodyBytes: number;
}

const NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const;
const EXTRA_NAMES = ['scrape_timeout_seconds', 'scrape_sample_limit', 'scrape_body_size_bytes'] as const;

/** The series that every target has whatever it answers. */
export class ReportSeries {
  readonly #storage: Storage;
  readonly #refs = new Map<string, number>();
  #targetLabels: Labels;

  constructor(storage: Storage, targetLabels: Labels) {
    this.#storage = storage;
    this.#targetLabels = targetLabels;
  }

  /** Takes other target labels, as after a reload. */
  relabel(targetLabels: Labels): void {
    if (targetLabels.key === this.#targetLabels.key) return;
    this.#targetLabels = targetLabels;
    this.#refs.clear();
  }

  append(batch: WriteBatch, timeMs: number, report: ScrapeReport, withExtra: boolean): void {
    const { up, durationSeconds, scraped, kept, added } = report;
    const values = [up ? 1 : 0, durationSeconds, scraped, kept, added];
    for (const [i, name] of NAMES.entries()) batch.append(this.#ref(name), timeMs, values[i]!);
    if (!withExtra) return;
    const extra = [report.timeoutSeconds, report.sampleLimit, report.bodyBytes];
    for (const [i, name] of EXTRA_NAMES.entries()) batch.append(this.#ref(name), timeMs, extra[i]!);
  }

  /** The target is gone. */
  appendStale(batch: WriteBatch, timeMs: number): void {
    for (const ref of this.#refs.values()) batch.appendStale(ref, timeMs);
  }

  /** Asks the store for the references again, as when it has let go of idle series. */
  forget(): void {
    this.#refs.clear();
  }

  #ref(name: string): number {
    let ref = this.#refs.get(name);
    if (ref === undefined) {
      ref = this.#storage.getOrCreateSeries(
        new LabelsBuilder(this.#targetLabels).set(METRIC_NAME, name).build(),
      );
      this.#refs.set(name, ref);
    }
    return ref;
  }
}
