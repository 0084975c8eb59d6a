import type { TimelineError } from './errors.ts';

/**
 * Bytes as a "binary string": one UTF-16 unit per byte (latin1), so it is a Map key as it is and `<` compares
 * bytes. Convert at the borders with `bytesOf` and `bufferOf`.
 */
export type Bytes = string;

/** A place in a timeline. Newest first means score descending, then member bytes descending. */
export interface Position {
  /** A finite float64, never -0. */
  readonly score: number;
  readonly member: Bytes;
}

/** A place in several timelines merged: equal score and member are ordered by key bytes descending. */
export interface MergedPosition extends Position {
  readonly key?: Bytes;
}

/** One write. On one member the higher score wins; on equal scores a delete beats an insert. */
export interface Operation extends Position {
  readonly kind: 'insert' | 'delete';
  readonly key: Bytes;
}

/**
 * What became of an operation: `applied` changed the timeline; `noop` lost to, or equals, what the member already
 * has; `refused` lies at or below the floor, so it is not among the newest `capacity` entries; `failed` did not
 * reach a quorum (farm only; see `errors`).
 */
export type WriteStatus = 'applied' | 'noop' | 'refused' | 'failed';

/** The answer to a write, durable as the store defines it. */
export interface WriteResult {
  /** One status per operation, in the order given. */
  readonly statuses: readonly WriteStatus[];
  /** Entries that left timelines because newer ones came in. */
  readonly evicted: number;
  /** Why operations failed, by key. Empty for embedded stores, which reject the whole call instead. */
  readonly errors: ReadonlyMap<Bytes, TimelineError>;
}

/** Which part of a timeline to read. */
export interface ReadOptions {
  /** Entries wanted, 1 to `MAX_READ_LIMIT`. */
  readonly limit: number;
  /** Entries to pass over first, from the end that is read. Default 0. */
  readonly offset?: number;
  /** Only entries older than this (exclusive). */
  readonly before?: MergedPosition;
  /** Only entries newer than this (exclusive). */
  readonly after?: MergedPosition;
  /** The end of the range the limit counts from; the answer is newest first all the same. Default `newest`. */
  readonly from?: 'newest' | 'oldest';
}

/** What one key answered: its entries newest first, or the reason why it could not be read. */
export type KeyResult =
  | {
      readonly key: Bytes;
      readonly entries: readonly Position[];
      /** Replicas that did not answer, so that the entries may lack their writes. */
      readonly unanswered: readonly string[];
    }
  | { readonly key: Bytes; readonly error: TimelineError };

export interface MergedReadOptions extends ReadOptions {
  /** Keys not read after this time are reported as `missing`. Default: no deadline. */
  readonly deadlineMs?: number;
}

/** An entry of a merged read, with the timeline it stands in. */
export interface MergedEntry extends Position {
  readonly key: Bytes;
}

/** Several timelines merged newest first. Complete when `missing`, `errors` and `unanswered` are empty. */
export interface MergedResult {
  readonly entries: readonly MergedEntry[];
  /** Keys that the deadline left out. */
  readonly missing: readonly Bytes[];
  readonly errors: ReadonlyMap<Bytes, TimelineError>;
  readonly unanswered: readonly string[];
}

/** Everything one timeline remembers: a join-semilattice element (see docs/timeline.md). */
export interface TimelineState {
  /** Newest first. */
  readonly live: readonly Position[];
  /** Newest first. */
  readonly tombstones: readonly Position[];
  /** Nothing at or below this can come back. */
  readonly floor?: Position;
}

/** One page of a scan over all keys. Without `next` the scan is complete. */
export interface KeyPage {
  readonly keys: readonly Bytes[];
  readonly next?: string;
}

/** A set of timelines: bounded, last-writer-wins element sets that converge whatever the order of operations. */
export interface TimelineStore {
  /** Entries a timeline keeps, live ones and tombstones together. */
  readonly capacity: number;
  /** Applies operations. Rejects with INVALID_OPERATION, before writing anything, when one is not acceptable. */
  write(operations: readonly Operation[]): Promise<WriteResult>;
  /** Reads each key by itself; results are in the order of `keys`. */
  read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]>;
  /** Reads many keys as one timeline. A key given twice counts once. */
  readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult>;
  /** Everything a key remembers. */
  state(key: Bytes): Promise<TimelineState>;
  /** Joins a state into a key: repair from another replica, or retention when it holds only a floor. */
  merge(key: Bytes, state: TimelineState): Promise<void>;
  /** Scans all keys, each at least once, in no promised order. */
  keys(cursor: string | undefined, limit: number): Promise<KeyPage>;
  close(): Promise<void>;
}
