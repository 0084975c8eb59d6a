/**
 * Prometheus's stale marker is the one NaN with the bits 0x7ff0000000000002. It must be told apart from other
 * NaNs by its bits, and V8 may rewrite the bits of a NaN that passes through a number or an ordinary array (a test
 * shows it). So a stale marker lives in typed arrays only: a `Float64Array` and a `Uint32Array` over one buffer.
 */
export const STALE_NAN_HIGH = 0x7ff00000;
export const STALE_NAN_LOW = 0x00000002;

const marker = new Float64Array(new Uint32Array([STALE_NAN_LOW, STALE_NAN_HIGH]).buffer);

/** True when sample `index` is the stale marker; `words` is the Uint32Array over the samples' buffer. */
export function isStaleAt(words: Uint32Array, index: number): boolean {
  return words[2 * index + 1] === STALE_NAN_HIGH && words[2 * index] === STALE_NAN_LOW;
}

/** Writes the stale marker as sample `index`. */
export function setStaleAt(floats: Float64Array, index: number): void {
  floats.set(marker, index);
}
