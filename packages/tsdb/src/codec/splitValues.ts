import { TsdbError } from '../errors.ts';
import { bitWidth, MINI_BLOCK, pack, packedSize, unpack } from './bitpack.ts';
import { chooseOrder, decodeInts, encodeInts } from './intStream.ts';
import { ORDER_SHIFT, orderOf, SPLIT } from './valueHeader.ts';

let integers = new Float64Array(0);
let highs = new Float64Array(MINI_BLOCK);

/** Floats that no scale makes integers: their high words as integers, their low words as bits. */
export function encodeSplit(words: Uint32Array, count: number, out: Uint8Array, at: number): number {
  if (integers.length < count) integers = new Float64Array(Math.max(1024, 2 * count));
  let lowBits = 0;
  for (let i = 0; i < count; i++) {
    integers[i] = words[2 * i + 1]!;
    lowBits |= words[2 * i]!;
  }
  const order = chooseOrder(integers, count);
  const shift = lowBits === 0 ? 32 : 31 - Math.clz32(lowBits & -lowBits);
  out[at++] = SPLIT | (order << ORDER_SHIFT);
  out[at++] = shift;
  at = encodeInts(integers, count, order, out, at);
  if (shift === 32) return at;
  for (let i = 0; i < count; i++) integers[i] = words[2 * i]! >>> shift;
  let width = 0;
  for (let i = 0; i < count; i++) width = Math.max(width, bitWidth(integers[i]!));
  out[at++] = width;
  for (let from = 0; from < count; from += MINI_BLOCK) {
    at = pack(integers, from, Math.min(MINI_BLOCK, count - from), 0, width, out, at);
  }
  return at;
}

/** Throws TSDB_CORRUPT_CHUNK. */
export function decodeSplit(
  input: Uint8Array,
  at: number,
  count: number,
  header: number,
  out: Float64Array,
  outWords: Uint32Array,
  to: number,
): number {
  const shift = input[at++]!;
  if (highs.length < count) highs = new Float64Array(2 * count);
  at = decodeInts(input, at, count, orderOf(header), highs, 0);
  if (shift < 32) {
    const width = input[at++]!;
    for (let from = 0; from < count; from += MINI_BLOCK) {
      const size = Math.min(MINI_BLOCK, count - from);
      if (width > 32 || at + packedSize(size, width) > input.length) {
        throw new TsdbError(
          'TSDB_CORRUPT_CHUNK',
          `expected low words at offset ${at}, found a width of ${width}`,
        );
      }
      at = unpack(input, at, size, 0, width, out, to + from);
    }
  }
  for (let i = 0; i < count; i++) {
    const low = shift < 32 ? (out[to + i]! << shift) >>> 0 : 0;
    outWords[2 * (to + i)] = low;
    outWords[2 * (to + i) + 1] = highs[i]!;
  }
  return at;
}
