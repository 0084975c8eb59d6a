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
export { decodeRoshiCursor, encodeRoshiCursor } from './roshiCursor.ts';
export { MAX_CAPACITY, MAX_KEY_BYTES, MAX_MEMBER_BYTES, MAX_READ_LIMIT } from './validate.ts';
