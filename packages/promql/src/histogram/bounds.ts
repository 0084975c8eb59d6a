import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '@binnacle/model';

/** Native histograms with exponential buckets and those with custom ones do not mix. */
export function usesCustomBuckets(h: FloatHistogram): boolean {
  return h.schema === CUSTOM_BUCKETS_SCHEMA;
}

/** Upper bound of bucket `index` on the positive side. */
export function upperBound(h: FloatHistogram, index: number): number {
  if (!usesCustomBuckets(h)) return exponentialBound(index, h.schema);
  if (index < 0) return -Infinity;
  return index < h.customValues.length ? h.customValues[index]! : Infinity;
}

/** 2^(index * 2^-schema), exact to the last bit; the last finite bucket ends at the largest double. */
export function exponentialBound(index: number, schema: number): number {
  if (schema <= 0) {
    const exponent = index * 2 ** -schema;
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
  }
  const perOctave = 2 ** schema;
  const octave = Math.floor(index / perOctave);
  const fraction = index - octave * perOctave;
  if (fraction === 0 && octave === 1024) return Number.MAX_VALUE;
  return scale(fractions()[fraction * (256 / perOctave)]!, octave);
}

/** x * 2^exponent without overflow on the way. */
function scale(x: number, exponent: number): number {
  return exponent > 1000 ? x * 2 ** 1000 * 2 ** (exponent - 1000) : x * 2 ** exponent;
}

let table: Float64Array | undefined;

/** 2^(i/256) for i in 0..255, correctly rounded: computed with integers, as `Math.pow` may be off by one bit. */
function fractions(): Float64Array {
  if (table !== undefined) return table;
  const bits = 200n;
  let root = 2n << bits;
  for (let i = 0; i < 8; i++) root = squareRoot(root << bits);
  table = new Float64Array(256);
  let power = 1n << bits;
  for (let i = 0; i < 256; i++) {
    table[i] = Number(power >> 100n) / 2 ** 100;
    power = (power * root) >> bits;
  }
  return table;
}

function squareRoot(value: bigint): bigint {
  let x = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
