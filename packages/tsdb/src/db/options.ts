import type { SampleColumns } from '../head/sampleBatch.ts';
import type { Exemplar } from '../wal/records.ts';

/** What went wrong or was repaired without stopping the store; for the log and for counters. */
export interface TsdbEvent {
  readonly kind:
    | 'wal-tail-cut'
    | 'wal-damaged'
    | 'block-damaged'
    | 'wal-sync-failed'
    | 'maintenance-failed'
    | 'block-created'
    | 'block-deleted';
  readonly message: string;
}

export interface TsdbOptions {
  /** The data folder; made when it is not there. */
  readonly folder: string;
  /** Length of the head's block range. Default 2 h. */
  readonly blockRangeMs?: number;
  /** Samples at most this much older than the newest are taken out of order. Default 0: none are. */
  readonly outOfOrderWindowMs?: number;
  /** Blocks whose samples are all older than this before the newest are removed. Default 15 days; 0 keeps all. */
  readonly retentionMs?: number;
  /** The oldest blocks are removed while blocks and log take more than this. Default 0: no limit. */
  readonly retentionBytes?: number;
  /** Series in the head at most. Default 4,194,304. Address space is reserved for them, memory is not. */
  readonly maxSeries?: number;
  /** Exemplars in memory at most. Default 100,000; 0 turns them off. */
  readonly maxExemplars?: number;
  /** Size from which the log begins a new segment. Default 128 MiB. */
  readonly walSegmentBytes?: number;
  /** How often the log is forced to disk. Default 200 ms; 0 forces every commit. */
  readonly walSyncIntervalMs?: number;
  /** Memory for pages of blocks. Default 64 MiB. */
  readonly cacheBytes?: number;
  /** How often blocks are cut, merged and removed by themselves. Default 60 s; 0 leaves it to `maintain`. */
  readonly maintenanceIntervalMs?: number;
  readonly onEvent?: (event: TsdbEvent) => void;
  /** Called after every commit, with what was asked for; to be read during the call only. */
  readonly onCommit?: (commit: CommittedBatch) => void;
}

/** What a commit took. `statuses[i]` is the SAMPLE_STATUS of sample `i`; the exemplars are those that are new. */
export interface CommittedBatch {
  readonly samples: SampleColumns;
  readonly statuses: Uint8Array;
  readonly exemplars: readonly Exemplar[];
}

export type ResolvedOptions = Required<TsdbOptions>;

const DAY_MS = 86_400_000;

export function resolveOptions(options: TsdbOptions): ResolvedOptions {
  return {
    blockRangeMs: 2 * 3_600_000,
    outOfOrderWindowMs: 0,
    retentionMs: 15 * DAY_MS,
    retentionBytes: 0,
    maxSeries: 1 << 22,
    maxExemplars: 100_000,
    walSegmentBytes: 128 * 1024 * 1024,
    walSyncIntervalMs: 200,
    cacheBytes: 64 * 1024 * 1024,
    maintenanceIntervalMs: 60_000,
    onEvent: () => {},
    onCommit: () => {},
    ...options,
  };
}

/** The largest range that blocks are merged to: a tenth of the retention, at most 31 days. */
export function maxBlockMs({ retentionMs, blockRangeMs }: ResolvedOptions): number {
  const limit = 31 * DAY_MS;
  return Math.max(blockRangeMs, retentionMs === 0 ? limit : Math.min(limit, retentionMs / 10));
}
