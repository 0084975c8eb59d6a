import { TsdbError } from '../errors.ts';
import { decodeScaled, encodeScaled } from './scaledValues.ts';
import { decodeSplit, encodeSplit } from './splitValues.ts';
import { CONSTANT, readWord, SCALED, SPLIT, writeBits } from './valueHeader.ts';

/** An upper bound of the bytes that `count` values take. */
export function maxEncodedSize(count: number): number {
  return 32 + 11 * count;
}

/**
 * Encodes `count` floats bit-exactly and returns the position after them. `words` is the Uint32Array over the same
 * buffer as `values`; both are read from index 0. `out` has room for `maxEncodedSize(count)` bytes.
 */
export function encodeValues(
  values: Float64Array,
  words: Uint32Array,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  const low = words[0]!;
  const high = words[1]!;
  let i = 1;
  while (i < count && words[2 * i] === low && words[2 * i + 1] === high) i++;
  if (i >= count) {
    out[at] = CONSTANT;
    return writeBits(out, at + 1, low, high);
  }
  const end = encodeScaled(values, words, count, out, at);
  return end < 0 ? encodeSplit(words, count, out, at) : end;
}

/**
 * Decodes `count` values to `out[to..]` and returns the position after the input. `outWords` is the Uint32Array over
 * `out`'s buffer. Throws TSDB_CORRUPT_CHUNK.
 */
export function decodeValues(
  input: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outWords: Uint32Array,
  to: number,
): number {
  const header = input[at++]!;
  switch (header & 3) {
    case CONSTANT: {
      const low = readWord(input, at);
      const high = readWord(input, at + 4);
      for (let i = to; i < to + count; i++) {
        outWords[2 * i] = low;
        outWords[2 * i + 1] = high;
      }
      return at + 8;
    }
    case SCALED:
      return decodeScaled(input, at, count, header, out, outWords, to);
    case SPLIT:
      return decodeSplit(input, at, count, header, out, outWords, to);
    default:
      throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected an encoding of 0 to 2, found ${header & 3}`);
  }
}
