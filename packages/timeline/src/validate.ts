import type { Bytes, Operation, Position, ReadOptions, TimelineState } from './contract.ts';
import { TimelineError, type TimelineErrorCode } from './errors.ts';

/** Longest key, in bytes. LMDB bounds keys, and a key is part of three Redis names. */
export const MAX_KEY_BYTES = 1024;
/** Longest member, in bytes. */
export const MAX_MEMBER_BYTES = 65_535;
/** Most entries one read may pass over and return together. */
export const MAX_READ_LIMIT = 1_000_000;
/** Largest capacity of a timeline. */
export const MAX_CAPACITY = 1_000_000;

// oxlint-disable-next-line no-control-regex
const BYTES_ONLY = /^[\x00-\xff]*$/;

/** Throws INVALID_OPERATION for the first operation that no store may accept. */
export function validateOperations(operations: readonly Operation[]): void {
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i]!;
    if (operation.kind !== 'insert' && operation.kind !== 'delete') {
      throw invalid(
        'INVALID_OPERATION',
        `operation ${i}: kind`,
        "'insert' or 'delete'",
        String(operation.kind),
      );
    }
    validateKey(operation.key);
    validatePosition(operation, 'INVALID_OPERATION');
  }
}

/** Throws INVALID_OPERATION for a key that no store may accept. */
export function validateKey(key: Bytes): void {
  if (key.length > MAX_KEY_BYTES || !BYTES_ONLY.test(key)) {
    throw invalid(
      'INVALID_OPERATION',
      'key',
      `at most ${MAX_KEY_BYTES} bytes, one per UTF-16 unit`,
      describe(key),
    );
  }
}

/** Throws INVALID_OPERATION when a state to merge holds something that no store may accept. */
export function validateState(key: Bytes, state: TimelineState): void {
  validateKey(key);
  for (const entry of state.live) validatePosition(entry, 'INVALID_OPERATION');
  for (const entry of state.tombstones) validatePosition(entry, 'INVALID_OPERATION');
  if (state.floor !== undefined) validatePosition(state.floor, 'INVALID_OPERATION');
}

/** Throws INVALID_READ for a limit, offset or position that has no meaning. */
export function validateRead({ limit, offset = 0, before, after }: ReadOptions): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_READ_LIMIT) {
    throw invalid('INVALID_READ', 'limit', `an integer from 1 to ${MAX_READ_LIMIT}`, String(limit));
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + limit > MAX_READ_LIMIT) {
    throw invalid(
      'INVALID_READ',
      'offset',
      `0 or more, with the limit at most ${MAX_READ_LIMIT}`,
      String(offset),
    );
  }
  if (before !== undefined) validatePosition(before, 'INVALID_READ');
  if (after !== undefined) validatePosition(after, 'INVALID_READ');
}

/** The capacity, checked. Throws INVALID_CONFIG. */
export function validCapacity(capacity: number): number {
  if (Number.isSafeInteger(capacity) && capacity >= 1 && capacity <= MAX_CAPACITY) return capacity;
  throw invalid('INVALID_CONFIG', 'capacity', `an integer from 1 to ${MAX_CAPACITY}`, String(capacity));
}

function validatePosition({ score, member }: Position, code: TimelineErrorCode): void {
  if (!Number.isFinite(score)) throw invalid(code, 'score', 'a finite number', String(score));
  if (member.length > MAX_MEMBER_BYTES || !BYTES_ONLY.test(member)) {
    throw invalid(code, 'member', `at most ${MAX_MEMBER_BYTES} bytes, one per UTF-16 unit`, describe(member));
  }
}

function invalid(code: TimelineErrorCode, what: string, expected: string, found: string): TimelineError {
  return new TimelineError(code, `${what}: expected ${expected}, found ${found}`);
}

function describe(bytes: Bytes): string {
  const start = JSON.stringify(bytes.slice(0, 40));
  return `${bytes.length} units starting with ${start} (use bytesOf() to make bytes of text)`;
}
