import type { Bytes, MergedPosition, Position } from './contract.ts';

/** Negative when `a` is older than `b`, positive when newer: by score, then by member bytes. */
export function comparePositions(a: Position, b: Position): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return a.member === b.member ? 0 : a.member < b.member ? -1 : 1;
}

/** The newer of two floors; either may be absent. */
export function maxFloor(a: Position | undefined, b: Position | undefined): Position | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return comparePositions(a, b) >= 0 ? a : b;
}

/** An end of a range within one key. */
export interface Bound extends Position {
  /** Whether the position itself is part of the range. */
  readonly inclusive: boolean;
}

/** The upper end for `key` of entries older than `before`. */
export function upperBound(before: MergedPosition | undefined, key: Bytes): Bound | undefined {
  if (before === undefined) return undefined;
  return {
    score: before.score,
    member: before.member,
    inclusive: before.key !== undefined && key < before.key,
  };
}

/** The lower end for `key` of entries newer than `after`. */
export function lowerBound(after: MergedPosition | undefined, key: Bytes): Bound | undefined {
  if (after === undefined) return undefined;
  return { score: after.score, member: after.member, inclusive: after.key !== undefined && key > after.key };
}
