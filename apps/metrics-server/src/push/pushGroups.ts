import { METRIC_NAME, type Labels } from '@binnacle/model';

export interface PushedSample {
  readonly labels: Labels;
  readonly value: number;
}

/** One metric family of a push, with its samples. */
export interface PushedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly PushedSample[];
}

/** Everything that was pushed under one grouping key. */
export interface PushGroup {
  /** The grouping key: `job` and what the path says beside it. On every sample. */
  readonly labels: Labels;
  readonly families: ReadonlyMap<string, PushedFamily>;
  readonly pushedAtMs: number;
  readonly failedAtMs: number;
}

const MAX_GROUPS = 10_000;

/** The groups of a push gateway, by grouping key. */
export class PushGroups {
  readonly #groups = new Map<string, PushGroup>();

  list(): readonly PushGroup[] {
    return [...this.#groups.values()];
  }

  /** Puts a group as it was stored. */
  restore(group: PushGroup): void {
    this.#groups.set(group.labels.key, group);
  }

  /** Takes a push: all of the group (`replace`), or the families that it has. False when there are too many groups. */
  push(labels: Labels, families: ReadonlyMap<string, PushedFamily>, replace: boolean, atMs: number): boolean {
    const known = this.#groups.get(labels.key);
    if (known === undefined && this.#groups.size >= MAX_GROUPS) return false;
    const kept = replace || known === undefined ? [] : known.families;
    this.#groups.set(labels.key, {
      labels,
      families: new Map([...kept, ...families]),
      pushedAtMs: atMs,
      failedAtMs: known?.failedAtMs ?? 0,
    });
    return true;
  }

  /** Notes that a push of a group was refused. */
  fail(labels: Labels, atMs: number): void {
    const known = this.#groups.get(labels.key);
    if (known === undefined && this.#groups.size >= MAX_GROUPS) return;
    const { families = new Map<string, PushedFamily>(), pushedAtMs = 0 } = known ?? {};
    this.#groups.set(labels.key, { labels, families, pushedAtMs, failedAtMs: atMs });
  }

  remove(labels: Labels): void {
    this.#groups.delete(labels.key);
  }

  clear(): void {
    this.#groups.clear();
  }

  /** Every sample of every group, with the times of the last pushes in seconds. */
  *samples(): IterableIterator<PushedSample> {
    for (const { labels, families, pushedAtMs, failedAtMs } of this.#groups.values()) {
      for (const { samples } of families.values()) yield* samples;
      yield { labels: labels.with(METRIC_NAME, 'push_time_seconds'), value: pushedAtMs / 1000 };
      yield { labels: labels.with(METRIC_NAME, 'push_failure_time_seconds'), value: failedAtMs / 1000 };
    }
  }
}
