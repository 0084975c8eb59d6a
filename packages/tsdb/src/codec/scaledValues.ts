import { TsdbError } from '../errors.ts';
import { writeUvarint } from './bytes.ts';
import { chooseOrder, decodeInts, encodeInts, MAX_INTEGER } from './intStream.ts';
import { HAS_EXCEPTIONS, ORDER_SHIFT, orderOf, readWord, SCALED, writeBits } from './valueHeader.ts';

const MAX_DECIMALS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DECIMALS + 1 }, (_, i) => Number(`1e${i}`));
/** Adding and subtracting it rounds a float of less than 2^51 to an integer. */
const ROUND = 2 ** 52 + 2 ** 51;

let integers = new Float64Array(0);
let exceptionAt = new Uint32Array(0);
let exceptions = 0;

/**
 * Encodes floats that are integers over a power of ten, or times one of two, with up to one exception in eight.
 * Returns the position after them, -1 when too few values fit.
 */
export function encodeScaled(
  values: Float64Array,
  words: Uint32Array,
  count: number,
  out: Uint8Array,
  at: number,
): number {
  if (integers.length < count) {
    integers = new Float64Array(Math.max(1024, 2 * count));
    exceptionAt = new Uint32Array(integers.length);
  }
  const decimals = findDecimals(values, words, count);
  if (decimals < 0) return -1;
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

/** Throws TSDB_CORRUPT_CHUNK. */
export function decodeScaled(
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
