export { bufferOf, bytesOf, textOf } from './bytes.ts';
export type {
  Bytes,
  KeyPage,
  KeyResult,
  MergedEntry,
  MergedPosition,
  MergedReadOptions,
  MergedResult,
  Operation,
  Position,
  ReadOptions,
  TimelineState,
  TimelineStore,
  WriteResult,
  WriteStatus,
} from './contract.ts';
export { TIMELINE_ERRORS, TimelineError, type TimelineErrorCode } from './errors.ts';
export { LmdbStore, type LmdbStoreOptions, type LmdbStoreStats } from './lmdb/lmdbStore.ts';
export { MemoryStore, type MemoryStoreOptions } from './memoryStore.ts';
export { comparePositions } from './position.ts';
export { FarmStore, type FarmOptions, type InstanceHealth } from './redis/farmStore.ts';
export type { FarmStats } from './redis/farmStats.ts';
export type { HashName } from './redis/hash.ts';
export type { LayoutName } from './redis/keyLayout.ts';
export type { ReadStrategy } from './redis/readStrategy.ts';
export type { RepairStrategy } from './redis/repairQueue.ts';
export type { Inspection, WalkOptions, WalkResult } from './redis/walker.ts';
export { decodeRoshiCursor, encodeRoshiCursor } from './roshiCursor.ts';
export { MAX_CAPACITY, MAX_KEY_BYTES, MAX_MEMBER_BYTES, MAX_READ_LIMIT } from './validate.ts';
