import type { Log } from '@binnacle/service-discovery';
import { Tsdb, type Batch, type TsdbEvent } from '@binnacle/tsdb';

/** The time-series store, as this server uses it. */
export type Storage = Tsdb;
export type WriteBatch = Batch;

export interface StorageOptions {
  readonly folder: string;
  readonly maxSeries: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly outOfOrderWindowMs: number;
  readonly maxExemplars: number;
}

const INFORMATION: ReadonlySet<TsdbEvent['kind']> = new Set(['block-created', 'block-deleted']);

/** Opens the store and replays its log. Throws TsdbError. What it repairs or fails to do later goes to the log. */
export function openStorage(options: StorageOptions, log: Log): Storage {
  return Tsdb.open({
    ...options,
    onEvent: ({ kind, message }) => {
      if (INFORMATION.has(kind)) log.info({ kind }, message);
      else log.warn({ kind }, message);
    },
  });
}
