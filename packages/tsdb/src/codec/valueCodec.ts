import { TsdbError } from '../errors.ts';
import { bitWidth, MINI_BLOCK, pack, packedSize, unpack } from './bitpack.ts';
import { writeUvarint } from './bytes.ts';
import { chooseOrder, decodeInts, encodeInts, MAX_INTEGER, type DeltaOrder } from './intStream.ts';

// Three encodings, named in the two low bits of the first byte; docs/formats.md has the layout.
const CONSTANT = 0; // one value, 8 bytes
const SCALED = 1; // integers times a power of two, or over a power of ten
const SPLIT = 2; // high words as integers, low words as bits
const ORDER_SHIFT = 2;
const HAS_EXCEPTIONS = 16;

const MAX_DECIMALS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DECIMALS + 1 }, (_, i) => Number(`1e${i}`));
/** Adding and subtracting it rounds a float of less than 2^51 to an integer. */
const ROUND = 2 ** 52 + 2 ** 51;

let capacity = 0;
let integers = new Float64Array(0);
let exceptionAt = new Uint32Array(0);
let exceptions = 0;

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
  if (capacity < count) {
    capacity = Math.max(1024, 2 * count);
    integers = new Float64Array(capacity);
    exceptionAt = new Uint32Array(capacity);
  }
  const decimals = findDecimals(values, words, count);
  return decimals < 0 ? encodeSplit(words, count, out, at) : encodeScaled(words, count, decimals, out, at);
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

/** Fills `integers` with values times a power of ten; the number of decimals, or -1 when too few values fit. */
function findDecimals(values: Float64Array, words: Uint32Array, count: number): number {
  const allowed = count >> 3;
  let decimals = 0;
  let scale = 1;
  let firstScaled = 0;
  exceptions = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    const rounded = value * scale + ROUND - ROUND;
    if (
      rounded / scale === value &&
      rounded < MAX_INTEGER &&
      rounded > -MAX_INTEGER &&
      (value !== 0 || words[2 * i + 1] === 0)
    ) {
      integers[i] = rounded;
      continue;
    }
    const more = value === value && value !== 0 ? moreDecimals(value, decimals + 1) : -1;
    if (more > 0) {
      decimals = more;
      scale = POWERS_OF_TEN[more]!;
      integers[i] = value * scale + ROUND - ROUND;
      firstScaled = i;
      continue;
    }
    if (exceptions === allowed) return -1;
    exceptionAt[exceptions++] = i;
    integers[i] = i === 0 ? 0 : integers[i - 1]!;
  }
  return firstScaled === 0 || rescale(values, words, firstScaled, scale, allowed) ? decimals : -1;
}

/** Scales again the values before the last change of scale; false when too many of them no longer fit. */
function rescale(
  values: Float64Array,
  words: Uint32Array,
  before: number,
  scale: number,
  allowed: number,
): boolean {
  let kept = 0;
  while (kept < exceptions && exceptionAt[kept]! < before) kept++;
  const later = exceptionAt.slice(kept, exceptions);
  exceptions = 0;
  for (let i = 0; i < before; i++) {
    const value = values[i]!;
    const rounded = value * scale + ROUND - ROUND;
    const fits =
      rounded / scale === value &&
      rounded < MAX_INTEGER &&
      rounded > -MAX_INTEGER &&
      (value !== 0 || words[2 * i + 1] === 0);
    integers[i] = fits ? rounded : i === 0 ? 0 : integers[i - 1]!;
    if (!fits) exceptionAt[exceptions++] = i;
  }
  if (exceptions + later.length > allowed) return false;
  exceptionAt.set(later, exceptions);
  exceptions += later.length;
  return true;
}

function moreDecimals(value: number, from: number): number {
  for (let decimals = from; decimals <= MAX_DECIMALS; decimals++) {
    const scale = POWERS_OF_TEN[decimals]!;
    const rounded = value * scale + ROUND - ROUND;
    if (rounded >= MAX_INTEGER || rounded <= -MAX_INTEGER) return -1;
    if (rounded / scale === value) return decimals;
  }
  return -1;
}

function encodeScaled(
  words: Uint32Array,
  count: number,
  decimals: number,
  out: Uint8Array,
  at: number,
): number {
  const twos = decimals > 0 ? 0 : commonTwos(count);
  if (twos > 0) {
    const factor = 2 ** -twos;
    for (let i = 0; i < count; i++) integers[i] = integers[i]! * factor;
  }
  const order = chooseOrder(integers, count);
  out[at++] = SCALED | (order << ORDER_SHIFT) | (exceptions > 0 ? HAS_EXCEPTIONS : 0);
  out[at++] = decimals > 0 ? decimals : 256 - twos;
  if (exceptions > 0) {
    at = writeUvarint(out, at, exceptions);
    for (let e = 0, previous = 0; e < exceptions; e++) {
      const index = exceptionAt[e]!;
      at = writeUvarint(out, at, index - previous);
      at = writeBits(out, at, words[2 * index]!, words[2 * index + 1]!);
      previous = index;
    }
  }
  return encodeInts(integers, count, order, out, at);
}

/** The largest power of two that divides every integer. */
function commonTwos(count: number): number {
  let twos = 0;
  let factor = 1;
  for (let i = 0; i < count; i++) {
    const value = integers[i]!;
    if (value === 0) continue;
    if (twos === 0) {
      while (twos < 50 && Number.isInteger((value / factor) * 0.5)) {
        twos++;
        factor *= 2;
      }
    } else {
      while (!Number.isInteger(value / factor)) {
        twos--;
        factor /= 2;
      }
    }
    if (twos === 0) return 0;
  }
  return twos;
}

function decodeScaled(
  input: Uint8Array,
  at: number,
  count: number,
  header: number,
  out: Float64Array,
  outWords: Uint32Array,
  to: number,
): number {
  const code = input[at++]!;
  let exceptionsAt = 0;
  let found = 0;
  if (header & HAS_EXCEPTIONS) {
    found = readSmall(input, at);
    at = cursor;
    exceptionsAt = at;
    for (let e = 0; e < found; e++) {
      readSmall(input, at);
      at = cursor + 8;
    }
  }
  const end = decodeInts(input, at, count, orderOf(header), out, to);
  if (code !== 0 && code <= MAX_DECIMALS) {
    const scale = POWERS_OF_TEN[code]!;
    for (let i = to; i < to + count; i++) out[i] = out[i]! / scale;
  } else if (code !== 0) {
    const factor = 2 ** (256 - code);
    for (let i = to; i < to + count; i++) out[i] = out[i]! * factor;
  }
  for (let e = 0, index = 0; e < found; e++) {
    index += readSmall(input, exceptionsAt);
    if (index >= count) {
      throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected an exception below ${count}, found ${index}`);
    }
    outWords[2 * (to + index)] = readWord(input, cursor);
    outWords[2 * (to + index) + 1] = readWord(input, cursor + 4);
    exceptionsAt = cursor + 8;
  }
  return end;
}

function encodeSplit(words: Uint32Array, count: number, out: Uint8Array, at: number): number {
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

let highs = new Float64Array(MINI_BLOCK);

function decodeSplit(
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

function orderOf(header: number): DeltaOrder {
  const order = (header >> ORDER_SHIFT) & 3;
  if (order === 3) throw new TsdbError('TSDB_CORRUPT_CHUNK', 'expected a delta order of 0 to 2, found 3');
  return order as DeltaOrder;
}

function writeBits(out: Uint8Array, at: number, low: number, high: number): number {
  for (let shift = 0; shift < 32; shift += 8) out[at++] = low >>> shift;
  for (let shift = 0; shift < 32; shift += 8) out[at++] = high >>> shift;
  return at;
}

function readWord(input: Uint8Array, at: number): number {
  return (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>> 0;
}

let cursor = 0;

function readSmall(input: Uint8Array, at: number): number {
  let value = 0;
  let byte = 128;
  for (let shift = 0; byte >= 128 && shift < 28; shift += 7) {
    byte = input[at++]!;
    value |= (byte & 127) << shift;
  }
  cursor = at;
  return value;
}
