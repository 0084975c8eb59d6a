import { TsdbError } from '../errors.ts';
import type { DeltaOrder } from './intStream.ts';

// The first byte of encoded values: encoding, delta order, "has exceptions" (docs/formats.md).
export const CONSTANT = 0; // one value, 8 bytes
export const SCALED = 1; // integers times a power of two, or over a power of ten
export const SPLIT = 2; // high words as integers, low words as bits
export const ORDER_SHIFT = 2;
export const HAS_EXCEPTIONS = 16;

/** The delta order in a first byte. Throws TSDB_CORRUPT_CHUNK. */
export function orderOf(header: number): DeltaOrder {
  const order = (header >> ORDER_SHIFT) & 3;
  if (order === 3) throw new TsdbError('TSDB_CORRUPT_CHUNK', 'expected a delta order of 0 to 2, found 3');
  return order as DeltaOrder;
}

/** Writes the two words of a float. */
export function writeBits(out: Uint8Array, at: number, low: number, high: number): number {
  for (let shift = 0; shift < 32; shift += 8) out[at++] = low >>> shift;
  for (let shift = 0; shift < 32; shift += 8) out[at++] = high >>> shift;
  return at;
}

export function readWord(input: Uint8Array, at: number): number {
  return (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>> 0;
}
