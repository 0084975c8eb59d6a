/** Seeds that no sender knows: nobody can make two series share an entry on purpose. */
const SEED_A = Math.trunc(Math.random() * 0xffffffff) | 1;
const SEED_B = Math.trunc(Math.random() * 0xffffffff) | 1;
const EMPTY = -1;

/**
 * Series references by a 64-bit hash of the bytes of their labels, so that a series that was written before costs no
 * decoding. An open-addressing table that is emptied when it reaches its limit.
 */
export class LabelCache {
  readonly #maxEntries: number;
  #mask = 4095;
  #high = new Int32Array(4096);
  #low = new Int32Array(4096);
  #refs = new Float64Array(4096).fill(EMPTY);
  #size = 0;
  /** The hash of the last `hash` call, high and low. */
  hashHigh = 0;
  hashLow = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#size;
  }

  /** Hashes a range of bytes into `hashHigh` and `hashLow`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    let a = SEED_A ^ (end - start);
    let b = SEED_B;
    let at = start;
    for (const last = end - 4; at <= last; at += 4) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      a = Math.imul(a ^ word, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul(b ^ word, 0xc2b2ae35);
      b ^= b >>> 13;
      b = (b + a) | 0;
    }
    for (; at < end; at++) {
      a = Math.imul(a ^ bytes[at]!, 0x85ebca6b);
      b = Math.imul(b ^ bytes[at]!, 0xc2b2ae35) + a;
    }
    a ^= a >>> 16;
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b);
    this.hashHigh = Math.imul(a, 0xc2b2ae35) ^ (a >>> 13);
    this.hashLow = b ^ (b >>> 15);
  }

  /** The reference under the last hash, or -1. */
  get(): number {
    return this.#refs[this.#slot()]!;
  }

  /** Keeps a reference under the last hash. */
  set(ref: number): void {
    if (this.#size >= this.#maxEntries) this.clear();
    const slot = this.#slot();
    if (this.#refs[slot] === EMPTY) this.#size++;
    this.#high[slot] = this.hashHigh;
    this.#low[slot] = this.hashLow;
    this.#refs[slot] = ref;
    if (2 * this.#size > this.#mask) this.#grow();
  }

  clear(): void {
    this.#refs.fill(EMPTY);
    this.#size = 0;
  }

  #slot(): number {
    let slot = this.hashLow & this.#mask;
    while (
      this.#refs[slot] !== EMPTY &&
      (this.#low[slot] !== this.hashLow || this.#high[slot] !== this.hashHigh)
    ) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #grow(): void {
    const { hashHigh, hashLow } = this;
    const [high, low, refs] = [this.#high, this.#low, this.#refs];
    const length = 2 * refs.length;
    this.#mask = length - 1;
    this.#high = new Int32Array(length);
    this.#low = new Int32Array(length);
    this.#refs = new Float64Array(length).fill(EMPTY);
    for (let i = 0; i < refs.length; i++) {
      if (refs[i] === EMPTY) continue;
      this.hashHigh = high[i]!;
      this.hashLow = low[i]!;
      const slot = this.#slot();
      this.#high[slot] = high[i]!;
      this.#low[slot] = low[i]!;
      this.#refs[slot] = refs[i]!;
    }
    this.hashHigh = hashHigh;
    this.hashLow = hashLow;
  }
}
