import { mkdirSync, statfsSync } from 'node:fs';
import type { Log } from '@binnacle/service-discovery';
import { Tsdb, type Batch, type CommittedBatch, type TsdbEvent } from '@binnacle/tsdb';

/** The time-series store, as this server uses it. */
export type Storage = Tsdb;
export type WriteBatch = Batch;

/**
 * Samples further ahead of the clock are refused, as in Prometheus: one of them would make every sample of the
 * present too old.
 */
export const MAX_AHEAD_MS = 600_000;

export interface StorageOptions {
  readonly folder: string;
  readonly maxSeries: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly outOfOrderWindowMs: number;
  readonly maxExemplars: number;
  readonly onCommit: (commit: CommittedBatch) => void;
}

const INFORMATION: ReadonlySet<TsdbEvent['kind']> = new Set(['block-created', 'block-deleted']);

/** A store whose log is still to be read. */
export interface OpenedStorage {
  readonly storage: Storage;
  /** Reads the log. Nothing may be stored or asked for until it has resolved. Rejects with TsdbError. */
  readonly replay: (signal: AbortSignal) => Promise<void>;
  /** How far that is. */
  readonly replayStatus: () => ReplayStatus;
}

/** Numbers of segments of the log. */
export interface ReplayStatus {
  readonly state: 'waiting' | 'in progress' | 'done';
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

/** So much of the disk that a folder is on; the folder is made when it is not there. */
export function shareOfDisk(folder: string, percentage: number): number {
  mkdirSync(folder, { recursive: true });
  const { blocks, bsize } = statfsSync(folder);
  return Math.floor((blocks * bsize * percentage) / 100);
}

/** Opens the store. Throws TsdbError. What it repairs or fails to do later goes to the log. */
export function openStorage(options: StorageOptions, log: Log): OpenedStorage {
  const { store, replay } = Tsdb.openLater({
    ...options,
    onEvent: ({ kind, message }) => {
      if (INFORMATION.has(kind)) log.info({ kind }, message);
      else log.warn({ kind }, message);
    },
  });
  let status: ReplayStatus = { state: 'waiting', min: 0, max: 0, current: 0 };
  return {
    storage: store,
    replay: async (signal) => {
      await replay(({ first, last, current }) => {
        status = { state: 'in progress', min: first, max: last, current };
      }, signal);
      status = { ...status, state: 'done', current: status.max };
    },
    replayStatus: () => status,
  };
}
