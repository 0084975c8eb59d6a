/** Values that are packed with one minimum and one width. */
export const MINI_BLOCK = 128;

const words = new Uint32Array(MINI_BLOCK + 2);
const lows = new Float64Array(MINI_BLOCK);

/** Number of bits that hold every integer from 0 to `range` (a safe integer). */
export function bitWidth(range: number): number {
  if (range < 4294967296) return 32 - Math.clz32(range);
  return 64 - Math.clz32(range / 4294967296);
}

/** Bytes that `count` values of `width` bits take. */
export function packedSize(count: number, width: number): number {
  return width <= 32 ? (count * width + 7) >>> 3 : 4 * count + ((count * (width - 32) + 7) >>> 3);
}

/**
 * Packs `source[from, from + count) - min` into `width` bits each, lowest bits first, and returns the position after.
 * Widths above 32 store the low words whole, then the high parts packed. `count` is at most MINI_BLOCK.
 */
export function pack(
  source: Float64Array,
  from: number,
  count: number,
  min: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  if (width === 0) return at;
  if (width > 32) {
    for (let i = 0; i < count; i++) {
      const value = source[from + i]! - min;
      const high = Math.floor(value / 4294967296);
      lows[i] = high;
      const low = value - high * 4294967296;
      out[at] = low;
      out[at + 1] = low >>> 8;
      out[at + 2] = low >>> 16;
      out[at + 3] = low >>> 24;
      at += 4;
    }
    return pack(lows, 0, count, 0, width - 32, out, at);
  }
  let accumulator = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    const value = (source[from + i]! - min) >>> 0;
    accumulator |= value << filled;
    filled += width;
    if (filled >= 32) {
      out[at] = accumulator;
      out[at + 1] = accumulator >>> 8;
      out[at + 2] = accumulator >>> 16;
      out[at + 3] = accumulator >>> 24;
      at += 4;
      filled -= 32;
      accumulator = filled === 0 ? 0 : value >>> (width - filled);
    }
  }
  for (; filled > 0; filled -= 8) {
    out[at++] = accumulator;
    accumulator >>>= 8;
  }
  return at;
}

/** Reverses `pack`: writes `count` values plus `min` to `out` from `to` on, and returns the position after the input. */
export function unpack(
  input: Uint8Array,
  at: number,
  count: number,
  min: number,
  width: number,
  out: Float64Array,
  to: number,
): number {
  if (width === 0) {
    out.fill(min, to, to + count);
    return at;
  }
  if (width > 32) {
    const highs = at + 4 * count;
    const end = unpack(input, highs, count, 0, width - 32, out, to);
    for (let i = 0; i < count; i++, at += 4) {
      const low =
        (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>> 0;
      out[to + i] = out[to + i]! * 4294967296 + low + min;
    }
    return end;
  }
  const end = at + packedSize(count, width);
  loadWords(input, at, end);
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
  let bit = 0;
  for (let i = 0; i < count; i++) {
    const word = bit >>> 5;
    const shift = bit & 31;
    let value = words[word]! >>> shift;
    if (shift + width > 32) value |= words[word + 1]! << (32 - shift);
    out[to + i] = ((value & mask) >>> 0) + min;
    bit += width;
  }
  return end;
}

function loadWords(input: Uint8Array, at: number, end: number): void {
  let word = 0;
  for (; at + 4 <= end; at += 4) {
    words[word++] = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24);
  }
  let last = 0;
  for (let shift = 0; at < end; at++, shift += 8) last |= input[at]! << shift;
  words[word] = last;
}
