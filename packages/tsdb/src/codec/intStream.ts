import { TsdbError } from '../errors.ts';
import { bitWidth, MINI_BLOCK, pack, packedSize, unpack } from './bitpack.ts';
import { writeUvarint } from './bytes.ts';

/** How many times neighbours are subtracted before packing: 0 the values, 1 their deltas, 2 deltas of deltas. */
export type DeltaOrder = 0 | 1 | 2;

/** Integers stay below this, so that a delta of deltas is still exact in a float. */
export const MAX_INTEGER = 2 ** 51;

let cursor = 0;
let residuals = new Float64Array(1024);

/** The cheapest delta order of `values[0, count)`, from the ranges of all three. */
export function chooseOrder(values: Float64Array, count: number): DeltaOrder {
  if (count < 3) return count === 1 ? 0 : 1;
  let previous = values[1]!;
  let delta = previous - values[0]!;
  let min0 = Math.min(values[0]!, previous);
  let max0 = Math.max(values[0]!, previous);
  let min1 = delta;
  let max1 = delta;
  let min2 = Infinity;
  let max2 = -Infinity;
  for (let i = 2; i < count; i++) {
    const value = values[i]!;
    const next = value - previous;
    const second = next - delta;
    previous = value;
    delta = next;
    if (value < min0) min0 = value;
    else if (value > max0) max0 = value;
    if (next < min1) min1 = next;
    else if (next > max1) max1 = next;
    if (second < min2) min2 = second;
    if (second > max2) max2 = second;
  }
  const cost0 = bitWidth(max0 - min0) * count;
  const cost1 = bitWidth(max1 - min1) * (count - 1) + 16;
  const cost2 = bitWidth(max2 - min2) * (count - 2) + 32;
  if (cost0 <= cost1 && cost0 <= cost2) return 0;
  return cost1 <= cost2 ? 1 : 2;
}

/** Writes `values[0, count)` (integers below MAX_INTEGER) and returns the position after. Uses no state between calls. */
export function encodeInts(
  values: Float64Array,
  count: number,
  order: DeltaOrder,
  out: Uint8Array,
  at: number,
): number {
  if (residuals.length < count) residuals = new Float64Array(2 * count);
  const rest = residuals;
  if (order === 0) {
    for (let i = 0; i < count; i++) rest[i] = values[i]!;
  } else {
    at = writeZigzag(out, at, values[0]!);
    if (order === 1) for (let i = 1; i < count; i++) rest[i - 1] = values[i]! - values[i - 1]!;
    else {
      if (count > 1) at = writeZigzag(out, at, values[1]! - values[0]!);
      for (let i = 2; i < count; i++) rest[i - 2] = values[i]! - 2 * values[i - 1]! + values[i - 2]!;
    }
  }
  for (let from = 0, total = count - order; from < total; from += MINI_BLOCK) {
    const size = Math.min(MINI_BLOCK, total - from);
    let min = rest[from]!;
    let max = min;
    for (let i = from + 1; i < from + size; i++) {
      const value = rest[i]!;
      if (value < min) min = value;
      else if (value > max) max = value;
    }
    const width = bitWidth(max - min);
    at = writeZigzag(out, at, min);
    out[at++] = width;
    at = pack(rest, from, size, min, width, out, at);
  }
  return at;
}

/** Reads `count` integers into `out` from `to` on and returns the position after the input. */
export function decodeInts(
  input: Uint8Array,
  at: number,
  count: number,
  order: DeltaOrder,
  out: Float64Array,
  to: number,
): number {
  let first = 0;
  let delta = 0;
  if (order > 0) {
    first = readZigzag(input, at);
    at = cursor;
    out[to] = first;
    if (order === 2 && count > 1) {
      delta = readZigzag(input, at);
      at = cursor;
      out[to + 1] = first + delta;
    }
  }
  let min = 0;
  for (let from = order as number; from < count; from += MINI_BLOCK) {
    const size = Math.min(MINI_BLOCK, count - from);
    min = readZigzag(input, at);
    at = cursor;
    const width = input[at++]!;
    if (width > 54 || at + packedSize(size, width) > input.length) {
      throw new TsdbError(
        'TSDB_CORRUPT_CHUNK',
        `expected packed integers at offset ${at}, found a width of ${width}`,
      );
    }
    at = unpack(input, at, size, min, width, out, to + from);
  }
  if (order === 1) accumulate(out, to, count, first);
  else if (order === 2) accumulateTwice(out, to, count, first + delta, delta);
  return at;
}

function accumulate(out: Float64Array, to: number, count: number, first: number): void {
  let value = first;
  for (let i = to + 1; i < to + count; i++) {
    value += out[i]!;
    out[i] = value;
  }
}

function accumulateTwice(out: Float64Array, to: number, count: number, second: number, delta: number): void {
  let value = second;
  for (let i = to + 2; i < to + count; i++) {
    delta += out[i]!;
    value += delta;
    out[i] = value;
  }
}

function writeZigzag(out: Uint8Array, at: number, value: number): number {
  return writeUvarint(out, at, value < 0 ? -2 * value - 1 : 2 * value);
}

function readZigzag(input: Uint8Array, at: number): number {
  let byte = input[at++]!;
  let value = byte & 127;
  for (let scale = 128; byte >= 128 && scale < 2 ** 63; scale *= 128) {
    byte = input[at++]!;
    value += (byte & 127) * scale;
  }
  cursor = at;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
