import { isStaleAt } from '@binnacle/model';
import { BitReader, BitWriter } from './bitStream.ts';

const UNSET = 255;

/** The state of one XOR-compressed column of floats (Gorilla, section 4.1.2: https://www.vldb.org/pvldb/vol8/p1816-teller.pdf). */
export class XorColumn {
  low = 0;
  high = 0;
  #leading = UNSET;
  #trailing = 0;

  first(low: number, high: number): void {
    this.low = low;
    this.high = high;
  }

  write(out: BitWriter, low: number, high: number): void {
    const xorLow = (low ^ this.low) >>> 0;
    const xorHigh = (high ^ this.high) >>> 0;
    this.first(low, high);
    if (xorLow === 0 && xorHigh === 0) {
      out.write(0, 1);
      return;
    }
    out.write(1, 1);
    const leading = Math.min(31, xorHigh !== 0 ? Math.clz32(xorHigh) : 32 + Math.clz32(xorLow));
    const trailing = xorLow !== 0 ? trailingZeros(xorLow) : 32 + trailingZeros(xorHigh);
    if (this.#leading !== UNSET && leading >= this.#leading && trailing >= this.#trailing) {
      out.write(0, 1);
    } else {
      this.#leading = leading;
      this.#trailing = trailing;
      out.write(1, 1);
      out.write(leading, 5);
      out.write((64 - leading - trailing) & 63, 6);
    }
    const width = 64 - this.#leading - this.#trailing;
    const { shiftedHigh, shiftedLow } = shiftRight(xorHigh, xorLow, this.#trailing);
    if (width > 32) out.write(shiftedHigh, width - 32);
    out.write(shiftedLow, Math.min(32, width));
  }

  read(input: BitReader): void {
    if (input.read(1) === 0) return;
    if (input.read(1) === 1) {
      this.#leading = input.read(5);
      const width = input.read(6) || 64;
      this.#trailing = 64 - this.#leading - width;
    }
    const width = 64 - this.#leading - this.#trailing;
    const high = width > 32 ? input.read(width - 32) : 0;
    const low = input.read(Math.min(32, width));
    const shift = this.#trailing;
    if (shift >= 32) this.high = (this.high ^ (low << (shift - 32))) >>> 0;
    else {
      const carried = shift === 0 ? 0 : low >>> (32 - shift);
      this.high = (this.high ^ ((high << shift) | carried)) >>> 0;
      this.low = (this.low ^ (low << shift)) >>> 0;
    }
  }
}

/** Encodes samples [from, to) as an XOR chunk (at most 65,535 samples). */
export function encodeXorChunk(
  times: Float64Array,
  words: Uint32Array,
  from: number,
  to: number,
): Uint8Array {
  const out = new BitWriter();
  const column = new XorColumn();
  out.write(to - from, 16);
  let delta = 0;
  for (let i = from; i < to; i++) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]!;
    if (i === from) {
      out.varint(times[i]!);
      out.write64(high, low);
      column.first(low, high);
      continue;
    }
    const next = times[i]! - times[i - 1]!;
    if (i === from + 1) out.uvarint(next);
    else writeDeltaOfDelta(out, next - delta);
    delta = next;
    column.write(out, low, high);
  }
  return out.view();
}

/** Decodes an XOR chunk; `sink` gets every sample's time and words. */
export function decodeXorChunk(
  bytes: Uint8Array,
  sink: (time: number, low: number, high: number) => void,
): void {
  const input = new BitReader(bytes, 0);
  const column = new XorColumn();
  const count = input.read(16);
  let time = 0;
  let delta = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0) {
      time = input.varint();
      const high = input.read(32);
      column.first(input.read(32), high);
    } else {
      delta = i === 1 ? input.uvarint() : delta + readDeltaOfDelta(input);
      time += delta;
      column.read(input);
    }
    sink(time, column.low, column.high);
  }
}

/** True when the two words are those of the stale marker. */
export function isStaleWords(low: number, high: number): boolean {
  return isStaleAt(Uint32Array.of(low, high), 0);
}

function writeDeltaOfDelta(out: BitWriter, value: number): void {
  if (value === 0) out.write(0, 1);
  else if (fits(value, 14)) {
    out.write(2, 2);
    out.write(value, 14);
  } else if (fits(value, 17)) {
    out.write(6, 3);
    out.write(value, 17);
  } else if (fits(value, 20)) {
    out.write(14, 4);
    out.write(value, 20);
  } else {
    out.write(15, 4);
    out.writeWide(value, 64);
  }
}

function readDeltaOfDelta(input: BitReader): number {
  let ones = 0;
  while (ones < 4 && input.read(1) === 1) ones++;
  if (ones === 0) return 0;
  if (ones === 4) return input.readWide(64);
  const width = [14, 17, 20][ones - 1]!;
  const value = input.read(width);
  return value > 2 ** (width - 1) ? value - 2 ** width : value;
}

function fits(value: number, width: number): boolean {
  return value > -(2 ** (width - 1)) && value <= 2 ** (width - 1);
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function shiftRight(high: number, low: number, by: number): { shiftedHigh: number; shiftedLow: number } {
  if (by >= 32) return { shiftedHigh: 0, shiftedLow: high >>> (by - 32) };
  if (by === 0) return { shiftedHigh: high, shiftedLow: low };
  return { shiftedHigh: high >>> by, shiftedLow: (low >>> by) | (high << (32 - by)) };
}
